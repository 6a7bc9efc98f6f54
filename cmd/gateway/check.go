package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"tidegate/internal/auth"
	"tidegate/internal/config"
)

const aboutCheck = `Usage: gateway check -config FILE

Says what is wrong with a configuration, and where, without starting anything.
`

func check(_ context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gateway check", flag.ContinueOnError)
	file := flags.String("config", "", "the configuration `FILE`")
	if err := parseFlags(flags, args, aboutCheck, stdout, stderr); err != nil {
		return err
	}
	if *file == "" {
		fmt.Fprint(stderr, "gateway check: which file?\n\n"+aboutCheck)
		return errUsage
	}
	c, err := config.Load(*file)
	if err != nil {
		return err
	}
	for _, warning := range c.Warnings() {
		fmt.Fprintln(stdout, "warning:", warning)
	}
	fmt.Fprintf(stdout, "%s is good (providers: %d, models: %d, keys: %d)\n", *file, len(c.Providers), len(c.Models), len(c.Keys))
	return nil
}

const aboutReference = `Usage: gateway config

Prints a configuration with every field, its default and its meaning.
`

func reference(_ context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gateway config", flag.ContinueOnError)
	if err := parseFlags(flags, args, aboutReference, stdout, stderr); err != nil {
		return err
	}
	_, err := io.WriteString(stdout, config.Example)
	return err
}

const aboutKey = `Usage: gateway key new [-name NAME]

Makes a key for a client, and the lines of the configuration that admit it. The
key is shown this once and kept nowhere.
`

func key(_ context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 || args[0] != "new" {
		if len(args) > 0 && (args[0] == "-h" || args[0] == "--help") {
			fmt.Fprint(stdout, aboutKey)
			return nil
		}
		fmt.Fprint(stderr, aboutKey)
		return errUsage
	}
	flags := flag.NewFlagSet("gateway key new", flag.ContinueOnError)
	name := flags.String("name", "my-app", "`NAME` of the one who gets the key, for the log")
	if err := parseFlags(flags, args[1:], aboutKey, stdout, stderr); err != nil {
		return err
	}
	if !config.IsKeyName(*name) {
		return fmt.Errorf("-name %q: a name has 1 to 64 printable characters without spaces", *name)
	}
	secret, hash := auth.NewKey()
	fmt.Fprintf(stdout, "The key, for the client:\n\n%s\n\nFor the configuration:\n\nkeys:\n  - name: %q\n    hash: %q\n", secret, *name, hash)
	return nil
}
