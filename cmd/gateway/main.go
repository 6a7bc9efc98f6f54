// Command gateway is Tidegate: a token-streaming gateway for large language
// models.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"tidegate/internal/garbage"
)

const usage = `Tidegate streams tokens from model providers to clients, 4 KB at a time.

Usage:

    gateway serve [-config FILE] [-provider URL]   run the gateway
    gateway demo                                   run it with a scripted provider inside
    gateway loadtest [-target URL]                 load it, or another, with flaky clients
    gateway check -config FILE                     say what is wrong with a configuration
    gateway config                                 print the reference of the configuration
    gateway key new [-name NAME]                   make a key for a client
    gateway version                                print the version

Each command has its own -h.
`

// command is one of the program's verbs. It returns what to say on failure.
type command func(ctx context.Context, args []string, stdout, stderr io.Writer) error

var commands = map[string]command{
	"serve": serve, "demo": demo, "loadtest": loadTest, "check": check, "config": reference, "key": key, "version": showVersion,
}

// errUsage says that the message was printed already.
var errUsage = errors.New("usage")

func main() {
	garbage.Pace()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal kills
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs one command line and returns the exit status: 2 for a command line
// that can't be understood, 1 for a failure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 2
	}
	if args[0] == "help" && len(args) > 1 {
		args = []string{args[1], "-h"}
	}
	switch args[0] {
	case "-h", "-help", "--help", "help":
		fmt.Fprint(stdout, usage)
		return 0
	case "-version", "--version":
		args[0] = "version"
	}
	do, ok := commands[args[0]]
	if !ok {
		fmt.Fprintf(stderr, "gateway: there is no command %q\n\n%s", args[0], usage)
		return 2
	}
	err := do(ctx, args[1:], stdout, stderr)
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	fmt.Fprintf(stderr, "gateway %s: %v\n", args[0], err)
	return 1
}

// parseFlags parses a command's flags; what is printed goes to stderr, or to
// stdout where it was asked for.
func parseFlags(flags *flag.FlagSet, args []string, about string, stdout, stderr io.Writer) error {
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	err := flags.Parse(args)
	if err == nil && flags.NArg() > 0 {
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err == nil {
		return nil
	}
	out := stderr
	if errors.Is(err, flag.ErrHelp) {
		out = stdout
	} else {
		fmt.Fprintf(stderr, "%s: %v\n\n", flags.Name(), err)
		err = errUsage
	}
	fmt.Fprintf(out, "%s\n", about)
	flags.SetOutput(out)
	flags.PrintDefaults()
	return err
}

// version is the module's version, or the revision it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if v := info.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return "devel-" + setting.Value[:min(12, len(setting.Value))]
		}
	}
	return "devel"
}

func showVersion(_ context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gateway version", flag.ContinueOnError)
	if err := parseFlags(flags, args, "Usage: gateway version", stdout, stderr); err != nil {
		return err
	}
	info, _ := debug.ReadBuildInfo()
	fmt.Fprintf(stdout, "tidegate %s", version())
	if info != nil {
		fmt.Fprintf(stdout, " (%s)", info.GoVersion)
	}
	fmt.Fprintln(stdout)
	return nil
}
