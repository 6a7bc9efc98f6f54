import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { WebSocket } from 'ws'
import { Gateway } from '../test/gateway.js'

const root = process.env.TIDEGATE_CLIENT!
const dist = join(root, 'dist')

test('dist is what the sources make', async () => {
  const { buildInto } = await import(pathToFileURL(join(root, 'build.mjs')).href)
  const fresh = mkdtempSync(join(tmpdir(), 'tidegate-dist-'))
  try {
    await buildInto(fresh)
    const files = (dir: string) => readdirSync(dir, { recursive: true }).map(String).filter((name) => /\.\w+$/.test(name)).sort()
    assert.deepEqual(files(dist), files(fresh), 'run make build in web/client')
    for (const name of files(fresh)) {
      assert.equal(readFileSync(join(dist, name), 'utf8'), readFileSync(join(fresh, name), 'utf8'), `${name}: run make build in web/client`)
    }
  } finally {
    rmSync(fresh, { recursive: true })
  }
})

test('the client is smaller than 5 KB, and what useChat needs of 3 KB', () => {
  for (const [name, most] of [['tidegate.js', 5000], ['ai.js', 3000]] as const) {
    const { length } = gzipSync(readFileSync(join(dist, name)), { level: 9 })
    assert.ok(length < most, `${name}: ${length} bytes gzipped`)
  }
})

test('there is nothing to install with it', () => {
  const { dependencies, peerDependenciesMeta } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  assert.equal(dependencies, undefined)
  assert.deepEqual(peerDependenciesMeta, { ai: { optional: true } }, 'its types alone are used')
  for (const name of ['tidegate.js', 'ai.js']) {
    assert.doesNotMatch(readFileSync(join(dist, name), 'utf8'), /\b(import|require)\b\s*[("'{*]/)
  }
})

test('the lock file names no registry', () => {
  assert.doesNotMatch(readFileSync(join(root, 'package-lock.json'), 'utf8'), /https?:\/\/[^"]*\.tgz/)
})

for (const transport of ['ws', 'sse']) {
  test(`the module works as it is published: ${transport}`, async () => {
    const { createClient, TidegateError } = await import(pathToFileURL(join(dist, 'tidegate.js')).href)
    const gateway = await Gateway.start()
    const large = `"${'x'.repeat(10000)}"`
    gateway.answer = () => ({ events: [{ data: '1' }, { data: large }, { data: '3' }], end: { reason: 'limit' }, ready: 1 })
    const client = createClient({ url: gateway.url, WebSocket, transport, backoff: { first: 1 } })
    try {
      const stream = client.open({ api: 'chat.completions', body: {} })
      const got: string[] = []
      await assert.rejects(
        async () => {
          for await (const event of stream) {
            got.push(event.text)
            if (event.seq === 1) {
              gateway.cut()
              gateway.newest.produce(2)
            }
          }
        },
        (error: { reason: string }) => error instanceof TidegateError && error.reason === 'limit',
      )
      assert.deepEqual(got, ['1', large, '3'])
      assert.deepEqual(gateway.violations, [])
    } finally {
      client.close()
      await gateway.stop()
    }
  })
}
