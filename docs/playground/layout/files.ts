// The files of the database as they lie in the origin's own file system, found and named as docs/format.md says.

import type { Key } from 'quiverdb'
import { DATABASE } from '../protocol.ts'
import { type Log, type Piece, readLog, viewOf } from './log.ts'

export interface StoredFile {
  readonly name: string
  readonly bytes: number
  readonly what: string
}

interface CatalogEntry {
  readonly id: number
  readonly name: string
}

const CATALOG_HEAD_BYTES = 20
const INSIDE = 0xffffff

async function folder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory()
  return await (await root.getDirectoryHandle('quiverdb')).getDirectoryHandle(DATABASE)
}

async function read(name: string): Promise<Uint8Array> {
  const file = await (await (await folder()).getFileHandle(name)).getFile()
  return new Uint8Array(await file.arrayBuffer())
}

async function catalog(): Promise<CatalogEntry[]> {
  const bytes = await read('catalog')
  return JSON.parse(new TextDecoder().decode(bytes.subarray(CATALOG_HEAD_BYTES))).collections
}

/** The files of one collection, and those that all share. */
export async function filesOf(collection: string): Promise<StoredFile[]> {
  const id = (await catalog()).find(({ name }) => name === collection)?.id
  const files: StoredFile[] = []
  const entries = (await folder()) as unknown as { values(): AsyncIterable<FileSystemHandle> }
  for await (const entry of entries.values()) {
    if (entry.kind !== 'file') continue
    const what = entry.name.startsWith('catalog') ? 'names and options' : whatIs(entry.name, id)
    if (what === undefined) continue
    const { size } = await (entry as FileSystemFileHandle).getFile()
    files.push({ name: entry.name, bytes: size, what })
  }
  return files.sort((a, b) => a.name.localeCompare(b.name))
}

function whatIs(name: string, id: number | undefined): string | undefined {
  if (id === undefined || !name.startsWith(`c${id}.p`)) return undefined
  return name.endsWith('.snapshot') ? 'index structures, a speed-up' : 'log: the documents'
}

/** The newest log of each partition of a collection. */
export async function logsOf(files: readonly StoredFile[]): Promise<{ name: string; log: Log }[]> {
  const newest = new Map<string, { name: string; generation: number }>()
  for (const { name } of files) {
    const [, stem, generation] = /^(c\d+\.p\d+)\.(\d+)\.log$/.exec(name) ?? []
    if (stem === undefined) continue
    if ((newest.get(stem)?.generation ?? -1) < Number(generation))
      newest.set(stem, { name, generation: Number(generation) })
  }
  return await Promise.all(Array.from(newest.values(), async ({ name }) => ({ name, log: readLog(await read(name)) })))
}

/** The record of a document; the first live one where none has the key. */
export function recordOf(log: Log, primaryKey: string, key: Key | undefined): Piece | undefined {
  const live = log.pieces.filter(({ kind }) => kind === 'live')
  if (key === undefined) return live[0]
  const text = String(key)
  return (
    live.find(({ offset, bytes }) => keyText(log.bytes.subarray(offset, offset + bytes), log, primaryKey) === text) ??
    live[0]
  )
}

/** The key of a record, of the kinds that are one word or one value. */
function keyText(record: Uint8Array, { shapes }: Log, primaryKey: string): string | undefined {
  const view = viewOf(record)
  const flags = view.getUint32(8, true)
  const at = shapes.get(flags & INSIDE)?.indexOf(primaryKey) ?? -1
  if (at < 0) return undefined
  const isLarge = ((flags >>> 27) & 1) === 1
  const word = view.getUint32((isLarge ? 24 : 16) + at * 4, true)
  const [tag, payload] = [word >>> 28, word & 0xfffffff]
  if (tag === 4) return String((word << 4) >> 4)
  if (tag === 5) return String(view.getFloat64(payload * 8, true))
  if (tag === 9) return uuidText(record.subarray(payload * 8, payload * 8 + 16))
  return tag === 8 ? stringText(record, view, flags, isLarge, payload) : undefined
}

function uuidText(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function stringText(record: Uint8Array, view: DataView, flags: number, isLarge: boolean, number: number): string {
  const width = [1, 2, 4][(flags >>> 24) & 3] ?? 4
  const ends = isLarge ? view.getUint32(12, true) : view.getUint16(12, true) * 4
  const strings = isLarge ? view.getUint32(16, true) : view.getUint16(14, true)
  const text = ends + strings * width * (((flags >>> 26) & 1) === 0 ? 1 : 2)
  const end = (at: number) => {
    if (at < 0) return 0
    const place = ends + at * width
    return width === 1 ? view.getUint8(place) : width === 2 ? view.getUint16(place, true) : view.getUint32(place, true)
  }
  return new TextDecoder().decode(record.slice(text + end(number - 1), text + end(number)))
}
