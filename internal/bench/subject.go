//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// setting is how a subject is to be set up, where it has a choice.
type setting struct {
	upstream  netip.AddrPort
	keepAlive time.Duration // the gateway only; 0 is its default
}

// subject is something that stands between clients and the provider.
type subject struct {
	name     string
	start    func(context.Context, setting) (*process, error)
	protocol string // of the WebSocket over which it is read; "" is plain SSE
}

// Names of subjects, as the report's columns.
const (
	gatewayName       = "gateway"
	gatewayH2Name     = "gateway, h2c"
	gatewayBinaryName = "gateway, bin"
	gatewayJSONName   = "gateway, json"
	reverseProxyName  = "ReverseProxy"
	nginxName         = "nginx"
	relayName         = "relay"
	directName        = "direct"
)

// child is a subject that is this program itself.
func child(name, server string) subject {
	return subject{name: name, start: func(ctx context.Context, s setting) (*process, error) {
		return self(ctx, server, "http://"+s.upstream.String())
	}}
}

// gateway runs the binary under test with its default settings, but for those
// that the measurement fixes.
func gateway(binary, logLevel string, http2 bool) subject {
	name, version := gatewayName, "1"
	if http2 {
		name, version = gatewayH2Name, "2"
	}
	return subject{name: name, start: func(ctx context.Context, s setting) (*process, error) {
		listen, err := freeAddress()
		if err != nil {
			return nil, err
		}
		admin, err := freeAddress()
		if err != nil {
			return nil, err
		}
		if s.keepAlive == 0 {
			s.keepAlive = 15 * time.Second
		}
		text := fmt.Sprintf(`listen: %s
admin: %s
keep_alive: %s
drain: 0s
providers:
  bench:
    base_url: http://%s/v1
    http: %s
models:
  "*": bench
log:
  level: %s
`, listen, admin, s.keepAlive, s.upstream, version, logLevel)
		p, err := configured(ctx, text, listen, binary, "serve", "-config")
		if p != nil {
			p.admin = "http://" + admin.String()
		}
		return p, err
	}}
}

// nginx runs it with one worker per processor, as its packages do, set up for
// streaming: no buffering, connections to the provider kept.
func nginx(binary string) subject {
	return subject{name: nginxName, start: func(ctx context.Context, s setting) (*process, error) {
		listen, err := freeAddress()
		if err != nil {
			return nil, err
		}
		user := ""
		if os.Getuid() == 0 {
			user = "user root;" // else the workers can't open the temporary folder
		}
		text := fmt.Sprintf(`%s
daemon off;
worker_processes %d;
worker_rlimit_nofile 16384;
error_log stderr crit;
pid nginx.pid;
events { worker_connections 8192; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  client_max_body_size 32m;
  client_body_buffer_size 64k;
  keepalive_requests 1000000000;
  upstream provider {
    server %s;
    keepalive 1024;
    keepalive_requests 1000000000;
  }
  server {
    listen %s backlog=4096;
    location / {
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 600s;
    }
  }
}
`, user, runtime.NumCPU(), s.upstream, listen)
		return configured(ctx, text, listen, binary, "-p", "{folder}", "-c")
	}}
}

// configured spawns a program whose last argument is a file with the text, in a
// folder of its own that goes with the process. An argument "{folder}" is that
// folder.
func configured(ctx context.Context, text string, listen netip.AddrPort, program string, args ...string) (*process, error) {
	folder, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return nil, err
	}
	file := filepath.Join(folder, "config")
	if err = os.WriteFile(file, []byte(text), 0o600); err == nil {
		args = append(args[:len(args):len(args)], file)
		for i := range args {
			if args[i] == "{folder}" {
				args[i] = folder
			}
		}
		var p *process
		if p, err = spawn(ctx, listen, program, args...); err == nil {
			p.folder = folder
			return p, nil
		}
	}
	return nil, errors.Join(err, os.RemoveAll(folder))
}

// findNginx is the path of nginx, or "".
func findNginx() string {
	for _, name := range []string{"nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}
