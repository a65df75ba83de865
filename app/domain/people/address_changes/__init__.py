"""How a person is reached: addresses and phones that the person confirms."""
