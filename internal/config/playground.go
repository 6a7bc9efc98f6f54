package config

// HasPlayground reports whether the gateway shows the page at /.
func (c *Config) HasPlayground() bool {
	if c.Playground != nil {
		return *c.Playground
	}
	return isLoopback(c.Listen)
}
