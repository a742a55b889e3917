// The pane that shows how a collection is stored: its figures, its files, what the bytes of its log are, and one record byte by byte.

import { filesOf, logsOf, recordOf, type StoredFile } from '../layout/files.ts'
import type { Log, Piece, PieceKind } from '../layout/log.ts'
import { readRecord } from '../layout/record.ts'
import type { CollectionFigures } from '../protocol.ts'
import { shorten, textOf } from './documents.ts'
import { bytes, count, h, milliseconds } from './dom.ts'
import type { State } from './state.ts'
import { whenVisible } from './visible.ts'

const KINDS: readonly (readonly [PieceKind, string])[] = [
  ['head', 'head'],
  ['frame', 'frames'],
  ['live', 'documents'],
  ['replaced', 'replaced'],
  ['deletion', 'deletions'],
  ['shape', 'field names'],
  ['transaction', 'transactions'],
  ['free', 'preallocated'],
]
const ROW = 16
const SHOWN_BYTES_MAX = 768
const CELLS = 960
const HUES = 47

export function storagePane(state: State): HTMLElement {
  const figures = h('dl', { class: 'figures' })
  const fileTable = h('table', { class: 'files' })
  const strips = h('div', { class: 'strips' })
  const record = h('div', { class: 'record' })
  const compact = h('button', { type: 'button', onClick: () => optimize() }, 'Compact')

  function optimize(): void {
    state.attempt(async () => {
      const { ms } = await state.engine.ask('optimize', state.collection!)
      state.time(`optimize ${state.collection}`, ms)
      state.say(`Compacted in ${milliseconds(ms)}.`)
      await state.refresh()
    })
  }

  async function load(): Promise<void> {
    const current = state.current
    compact.disabled = current === undefined
    if (current === undefined) {
      for (const part of [figures, fileTable, strips, record]) part.replaceChildren()
      record.append(h('p', { class: 'note' }, 'Load a data set, or drop a file.'))
      return
    }
    figures.replaceChildren(...figuresOf(current))
    const files = await filesOf(current.name)
    const logs = await logsOf(files)
    if (state.current?.name !== current.name) return
    fileTable.replaceChildren(...fileRows(files))
    strips.replaceChildren(...logs.map(({ name, log }) => stripOf(name, log)))
    showRecord(logs, current)
  }

  function showRecord(logs: readonly { name: string; log: Log }[], current: CollectionFigures): void {
    const found = logs
      .map(({ log }) => ({ log, piece: recordOf(log, current.primaryKey, state.document) }))
      .find(({ piece }) => piece !== undefined)
    record.replaceChildren()
    if (found?.piece === undefined) return
    const whose =
      state.document === undefined ? 'the first document' : `document ${shorten(textOf(state.document), 40)}`
    record.append(h('h2', {}, `Record of ${whose}`), ...recordParts(found.log, found.piece))
  }

  const pane = h(
    'div',
    { class: 'storage' },
    h('section', {}, h('div', { class: 'bar' }, h('h2', {}, 'Collection'), compact), figures, fileTable),
    h('section', {}, h('h2', {}, 'Log'), strips),
    h('section', {}, record),
  )
  const refresh = whenVisible(pane, () => state.attempt(load))
  state.on('overview', refresh)
  state.on('collection', refresh)
  state.on('document', refresh)
  return pane
}

function figuresOf({ stats, indexes, vectors, primaryKey, partitions }: CollectionFigures): HTMLElement[] {
  const pairs: (readonly [string, string])[] = [
    ['documents', count(stats.documents)],
    ['stored', bytes(stats.bytes)],
    ['a document', stats.documents === 0 ? '' : bytes(Math.round(stats.bytes / stats.documents))],
    ['memory', bytes(stats.memory)],
    ['key', primaryKey],
    ['partitions', String(partitions.length)],
    ...vectors.map(
      ({ name, dimension, metric }) =>
        [`vectors in ${name}`, `${count(stats.vectors)} of ${dimension} lanes, ${metric}`] as const,
    ),
    ...indexes.map(({ name, type, entries }) => [`index ${name}`, `${type}, ${count(entries)} entries`] as const),
  ]
  return pairs.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))
}

function fileRows(files: readonly StoredFile[]): HTMLElement[] {
  return files.map((file) =>
    h(
      'tr',
      {},
      h('th', { scope: 'row' }, file.name),
      h('td', {}, file.what),
      h('td', { class: 'number' }, bytes(file.bytes)),
    ),
  )
}

/** The whole file as a band of cells, each of the colour that most of its bytes have. */
function stripOf(name: string, log: Log): HTMLElement {
  const sums = new Map<PieceKind, number>()
  for (const piece of log.pieces) sums.set(piece.kind, (sums.get(piece.kind) ?? 0) + piece.bytes)
  const canvas = h('canvas', {
    class: 'strip',
    width: CELLS,
    height: 1,
    role: 'img',
    'aria-label': `${name}, from its first byte to its last`,
  })
  requestAnimationFrame(() => paintStrip(canvas, log))
  const parts = KINDS.filter(([kind]) => sums.has(kind)).map(([kind, title]) =>
    h('span', { class: `piece piece-${kind}` }, h('i', {}), `${title} ${bytes(sums.get(kind)!)}`),
  )
  return h('figure', {}, canvas, h('figcaption', {}, h('code', {}, name), h('span', { class: 'legend' }, ...parts)))
}

function paintStrip(canvas: HTMLCanvasElement, { pieces, bytes: file }: Log): void {
  const context = canvas.getContext('2d')!
  const style = getComputedStyle(canvas)
  const perCell = file.length / CELLS
  const shares = new Map<PieceKind, Float64Array>()
  for (const { kind, offset, bytes: length } of pieces) {
    const share = shares.get(kind) ?? new Float64Array(CELLS)
    shares.set(kind, share)
    for (let at = offset; at < offset + length; ) {
      const cell = Math.min(CELLS - 1, Math.floor(at / perCell))
      const end = Math.min(offset + length, Math.max(at + 1, (cell + 1) * perCell))
      share[cell]! += end - at
      at = end
    }
  }
  for (let cell = 0; cell < CELLS; cell++) {
    const [kind] = Array.from(shares).sort((a, b) => b[1][cell]! - a[1][cell]!)[0]!
    context.fillStyle = style.getPropertyValue(`--piece-${kind}`)
    context.fillRect(cell, 0, 1, 1)
  }
}

function recordParts({ bytes: file, shapes }: Log, { offset, bytes: length, slot }: Piece): HTMLElement[] {
  const record = file.subarray(offset, offset + length)
  const spans = readRecord(record, shapes)
  const fields = Array.from(new Set(spans.map(({ path }) => path.split('.')[0]!).filter((path) => path !== '')))
  const hue = (path: string) => (fields.indexOf(path.split('.')[0]!) * HUES + 170) % 360
  const owner = new Int32Array(length).fill(-1)
  for (const [at, span] of spans.entries()) owner.fill(at, span.offset, span.offset + span.bytes)

  const dump = h('div', {
    class: 'hex',
    role: 'img',
    'aria-label': `${length} bytes; the table beside tells what they are`,
  })
  const shown = Math.min(length, SHOWN_BYTES_MAX)
  for (let row = 0; row < shown; row += ROW) {
    dump.append(h('span', { class: 'address' }, row.toString(16).padStart(4, '0')))
    for (let at = row; at < row + ROW; at++) {
      const span = spans[owner[at] ?? -1]
      const style = span === undefined || span.path === '' ? '' : `--hue:${hue(span.path)}`
      const kind = at >= shown ? 'none' : span === undefined ? 'zero' : span.path === '' ? 'all' : 'own'
      dump.append(
        h(
          'span',
          { class: `byte ${kind}`, style, 'data-path': span?.path },
          at < shown ? record[at]!.toString(16).padStart(2, '0') : '',
        ),
      )
    }
  }
  const table = h(
    'table',
    { class: 'spans' },
    h('thead', {}, h('tr', {}, ...['at', 'field', 'what'].map((name) => h('th', { scope: 'col' }, name)))),
  )
  const body = h('tbody', {})
  for (const { offset: at, path, says, role } of spans) {
    const own = path === '' ? '' : `--hue:${hue(path)}`
    body.append(
      h(
        'tr',
        { 'data-path': path },
        h('td', { class: 'number' }, at),
        h('td', {}, h('span', { class: path === '' ? 'tag all' : 'tag own', style: own }, path === '' ? role : path)),
        h('td', {}, shorten(says, 70)),
      ),
    )
  }
  table.append(body)
  const light = (event: Event) => {
    const path = (event.target as HTMLElement).closest<HTMLElement>('[data-path]')?.dataset['path']
    for (const one of [...dump.children, ...body.children] as HTMLElement[])
      one.classList.toggle('lit', path !== undefined && path !== '' && one.dataset['path'] === path)
  }
  const both = h(
    'div',
    { class: 'record-parts', onPointerover: light, onPointerleave: light },
    dump,
    h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'What the bytes are' }, table),
  )
  const rest = length > shown ? `, of which ${shown} are shown` : ''
  return [
    h(
      'p',
      { class: 'note' },
      `${count(length)} bytes at ${count(offset)}, slot ${slot}${rest}. Read from the file as docs/format.md tells it.`,
    ),
    both,
  ]
}
