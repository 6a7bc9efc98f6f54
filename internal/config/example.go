package config

import _ "embed" // for Example

// Example is a valid configuration file that names every field with its unit,
// default and purpose: the reference. Its values are the defaults wherever
// there are any.
//
//go:embed example.yaml
var Example string
