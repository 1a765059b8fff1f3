package vn.chibo
import org.junit.jupiter.api.Test
class X { @Test fun a() { } }
