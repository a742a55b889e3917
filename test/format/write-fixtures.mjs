// Makes test/format/fixtures/v1/ anew: node test/format/write-fixtures.mjs. Only while version 1 has not been published; after that its
// files stay as they are, and a new version gets a folder of its own.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const folder = join(import.meta.dirname, 'fixtures/v1')
const bundle = join(tmpdir(), `quiver-golden-${process.pid}.mjs`)
await build({
  stdin: {
    contents: `export { writeGolden } from './golden-documents.ts'; export { MemoryDirectory } from '../../src/storage/index.ts'`,
    resolveDir: import.meta.dirname,
    loader: 'ts',
  },
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
})
try {
  const { writeGolden, MemoryDirectory } = await import(pathToFileURL(bundle).href)
  const storage = new MemoryDirectory()
  await writeGolden(storage)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  for (const name of await storage.list()) {
    const file = await storage.open(name, { create: false })
    const bytes = new Uint8Array(file.size())
    file.read(0, bytes)
    const packed = gzipSync(bytes, { level: 9 })
    writeFileSync(join(folder, `${name}.gz`), packed)
    console.log(`${name}: ${bytes.length} bytes, ${packed.length} packed`)
  }
} finally {
  rmSync(bundle, { force: true })
}
