// Builds dist: the minified modules, and the types that they export.
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { minify } from 'terser'

const root = dirname(fileURLToPath(import.meta.url))

/** What the package exports: a module's name, and its source in src. */
const entries = { tidegate: 'index', ai: 'ai/index' }

/** Names between the client's own parts, which nobody outside sees. What ai keeps for the next page has its own. */
const own =
  /^(on[A-Z]\w+|ack|at|attach|bytes|connect|decoder|drop|forget|free|hello|kind|leave|left|parts|refresh|remove|sink|take|uvarint)$/

/** Writes the package's files into dir. */
export async function buildInto(dir) {
  mkdirSync(dir, { recursive: true })
  for (const [name, source] of Object.entries(entries)) {
    const { outputFiles } = await build({
      absWorkingDir: root,
      entryPoints: [`src/${source}.ts`],
      write: false,
      bundle: true,
      minifySyntax: true,
      format: 'esm',
      target: 'es2022',
      ...(name === 'tidegate' && { mangleProps: own }),
      logLevel: 'warning',
    })
    // Nothing here is called with `new` or asks for its `this` but classes, so that functions may become arrows.
    const { code } = await minify(outputFiles[0].text, { ecma: 2022, module: true, compress: { passes: 3, unsafe_arrows: true } })
    writeFileSync(join(dir, `${name}.js`), code + '\n')
  }
  const types = mkdtempSync(join(tmpdir(), 'tidegate-types-'))
  try {
    const tsc = join(root, 'node_modules', '.bin', 'tsc')
    execFileSync(tsc, ['-p', root, '--noEmit', 'false', '--declaration', '--emitDeclarationOnly', '--outDir', types, '--rootDir', root], {
      stdio: 'inherit',
    })
    for (const source of Object.values(entries)) copyTypes(join(types, 'src'), dir, source)
  } finally {
    rmSync(types, { recursive: true })
  }
}

/** Copies a declaration file and those that it imports. */
function copyTypes(from, to, name, done = new Set()) {
  if (done.has(name)) return
  done.add(name)
  const text = readFileSync(join(from, `${name}.d.ts`), 'utf8')
  mkdirSync(dirname(join(to, name)), { recursive: true })
  writeFileSync(join(to, `${name}.d.ts`), text)
  for (const [, other] of text.matchAll(/from '(\.[\w./-]+)\.js'/g)) copyTypes(from, to, join(dirname(name), other), done)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const dist = join(root, 'dist')
  rmSync(dist, { recursive: true, force: true })
  await buildInto(dist)
  for (const name of readdirSync(dist, { recursive: true }).sort()) console.log(`dist/${name}`)
}
