fun x() = 1
