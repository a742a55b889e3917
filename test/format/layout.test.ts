// Promise: what the playground says of a log and of a record's bytes is so. Checked on the golden files of every version: each byte of a
// record has one meaning or is padding, and every field of the documents is found.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Log, readLog } from '../../docs/playground/layout/log.ts'
import { readRecord } from '../../docs/playground/layout/record.ts'
import { FIRST, SECOND } from './golden-documents.ts'
import { parseLog, slotOf } from './parse.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const logs = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.log.gz'))
  .sort()
  .map((name) => ({ name, bytes: new Uint8Array(gunzipSync(readFileSync(join(FIXTURES, name)))) }))

function live({ pieces, bytes }: Log): Uint8Array[] {
  return pieces.filter(({ kind }) => kind === 'live').map(({ offset, bytes: n }) => bytes.subarray(offset, offset + n))
}

/** The paths of an object's values, as deep as records have words for them. */
function pathsOf(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || value instanceof Date || ArrayBuffer.isView(value)) return [path]
  const inner = Object.keys(value).flatMap((name) =>
    pathsOf((value as Record<string, unknown>)[name], path === '' ? name : `${path}.${name}`),
  )
  return path === '' ? inner : [path, ...inner]
}

describe.each(logs)('$name', ({ bytes }) => {
  const log = readLog(bytes)

  it('falls into pieces without gaps', () => {
    let at = 0
    for (const { offset, bytes: length } of log.pieces) {
      expect(offset).toBe(at)
      at += length
    }
    expect(at).toBe(bytes.length)
  })

  it('has the live records that its blocks say', () => {
    const last = new Map<number, number | undefined>()
    for (const block of parseLog(bytes).blocks) {
      if (block.kind === 'record') last.set(slotOf(block), block.offset)
      if (block.kind === 'deletion') last.delete(slotOf(block))
    }
    const offsets = log.pieces.filter(({ kind }) => kind === 'live').map(({ offset }) => offset)
    expect(offsets).toEqual([...last.values()].sort((a, b) => a! - b!))
  })

  it('has records whose bytes have one meaning each, or are padding', () => {
    for (const record of live(log)) {
      const meanings = new Uint8Array(record.length)
      for (const { offset, bytes: length } of readRecord(record, log.shapes)) {
        for (let at = offset; at < offset + length; at++) meanings[at]!++
      }
      expect(meanings.some((count) => count > 1)).toBe(false)
      expect(record.filter((byte, at) => meanings[at] === 0 && byte !== 0)).toEqual(new Uint8Array(0))
    }
  })
})

it('names every field of every document', () => {
  const told = logs.flatMap(({ bytes }) => {
    const log = readLog(bytes)
    return live(log).map((record) => new Set(readRecord(record, log.shapes).map(({ path }) => path)))
  })
  for (const document of [...FIRST, ...SECOND]) {
    const paths = pathsOf(document)
    expect(told.some((found) => paths.every((path) => found.has(path)))).toBe(true)
  }
})
