/*
 * SQLCipher frees its keys and ciphers when the program ends, also those that a thread is just encrypting a page
 * with: that is a crash, or a page that nobody can read. `.cargo/config.toml` names this function where SQLCipher
 * says `atexit`, and takes its finalizer out of the list of what runs at the end. The system takes the memory back.
 */
int chibo_no_atexit(void (*at_exit)(void)) {
  (void)at_exit;
  return 0;
}
