//go:build race

package sdk

const race = true
