// SingleVM
