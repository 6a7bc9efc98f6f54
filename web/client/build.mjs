// Builds dist: the minified module, and the types that it exports.
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(fileURLToPath(import.meta.url))

/** Writes the package's files into dir. */
export async function buildInto(dir) {
  mkdirSync(dir, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: ['src/index.ts'],
    outfile: join(dir, 'tidegate.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // Names between the client's own parts, which nobody outside sees.
    mangleProps: /^(on[A-Z]\w+|attach|decoder|drop|forget|hello|leave|left|parts|refresh|remove|sink|take|uvarint)$/,
    logLevel: 'warning',
  })
  const types = mkdtempSync(join(tmpdir(), 'tidegate-types-'))
  try {
    const tsc = join(root, 'node_modules', '.bin', 'tsc')
    execFileSync(tsc, ['-p', root, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', types, '--rootDir', root], {
      stdio: 'inherit',
    })
    copyTypes(join(types, 'src'), dir, 'index')
  } finally {
    rmSync(types, { recursive: true })
  }
}

/** Copies a declaration file and those that it imports. */
function copyTypes(from, to, name, done = new Set()) {
  if (done.has(name)) return
  done.add(name)
  const text = readFileSync(join(from, `${name}.d.ts`), 'utf8')
  writeFileSync(join(to, `${name}.d.ts`), text)
  for (const [, other] of text.matchAll(/from '\.\/([\w-]+)\.js'/g)) copyTypes(from, to, other, done)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = join(root, 'dist')
  await buildInto(dist)
  for (const name of readdirSync(dist).sort()) console.log(`dist/${name}`)
}
