// Runs the command line in this process, on streams of memory and a folder of its own.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { main } from '../../src/cli/index.ts'

export interface Run {
  readonly status: number
  readonly output: string
  readonly errors: string
}

export class Session {
  readonly folder = mkdtempSync(join(tmpdir(), 'quiverdb-cli-'))

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, content: string | Uint8Array): string {
    writeFileSync(this.path(name), content)
    return this.path(name)
  }

  async run(args: readonly string[], input: string | readonly Uint8Array[] = ''): Promise<Run> {
    const texts = ['', '']
    const sink = (at: 0 | 1) =>
      new Writable({
        write(chunk, _, done) {
          texts[at] += String(chunk)
          done()
        },
      })
    const streams = {
      input: Readable.from(typeof input === 'string' ? [input] : input),
      output: sink(0),
      errors: sink(1),
    }
    const status = await main(args, '1.2.3', streams)
    return { status, output: texts[0]!, errors: texts[1]! }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
