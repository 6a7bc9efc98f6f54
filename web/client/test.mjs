// Checks the types, and runs the tests in src: all, or those of the given names. Options go to `node --test`.
import { build } from 'esbuild'
import { spawnSync } from 'node:child_process'
import { readdirSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(import.meta.url))
const out = join(root, 'node_modules', '.cache', 'tidegate-test')

const types = spawnSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', root], { stdio: 'inherit' })
if (types.status !== 0) process.exit(1)

rmSync(out, { recursive: true, force: true })
const options = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const names = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const tests = readdirSync(join(root, 'src'), { recursive: true })
  .filter((name) => name.endsWith('.test.ts'))
  .filter((name) => !names.length || names.includes(basename(name, '.test.ts')))
await build({
  entryPoints: tests.map((name) => join(root, 'src', name)),
  outbase: join(root, 'src'),
  outdir: out,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  sourcemap: 'inline',
  logLevel: 'warning',
})
const files = tests.map((name) => join(out, name.replace(/\.ts$/, '.mjs')))
const run = spawnSync(process.execPath, ['--enable-source-maps', '--test', '--test-timeout=600000', ...options, ...files], {
  stdio: 'inherit',
  env: { ...process.env, TIDEGATE_CLIENT: root },
})
process.exit(run.status ?? 1)
