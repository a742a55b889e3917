// The pane with a collection's documents: filtered, sorted, page by page.

import type { Document, Key } from 'quiverdb'
import { inspect } from '../worker/inspect.ts'
import { count, h, milliseconds } from './dom.ts'
import type { State } from './state.ts'
import { treeOf } from './tree.ts'
import { whenVisible } from './visible.ts'

const PAGE = 25
/** Filters that find something in the data sets that come with the page. */
export const FILTERS: Readonly<Record<string, string>> = {
  films: '{ genre: "Drama", "ratings.imdb.score": { $gt: 8 } }',
  digits: '{ digit: { $in: [4, 9] } }',
  wordnet: '{ topic: "noun.animal" }',
}
const COLUMNS_MAX = 5
const CELL_MAX = 64

export function documentsPane(state: State): HTMLElement {
  let skip = 0
  let asked = 0
  const filter = h('input', {
    id: 'find-filter',
    type: 'text',
    spellcheck: 'false',
    onChange: () => load(0),
  })
  const sort = h('input', {
    id: 'find-sort',
    type: 'text',
    spellcheck: 'false',
    placeholder: '-field',
    size: 12,
    onChange: () => load(0),
  })
  const facts = h('span', { class: 'took', role: 'status' })
  const table = h('table', { class: 'documents' })
  const before = h('button', { type: 'button', onClick: () => load(skip - PAGE) }, 'Previous')
  const after = h('button', { type: 'button', onClick: () => load(skip + PAGE) }, 'Next')
  const detail = h('div', { class: 'detail', 'aria-live': 'polite' })

  async function load(from: number): Promise<void> {
    const collection = state.collection
    const turn = ++asked
    if (collection === undefined) {
      table.replaceChildren()
      detail.replaceChildren(h('p', { class: 'note' }, 'Load a data set, or drop a file.'))
      facts.textContent = ''
      return
    }
    await state.attempt(async () => {
      skip = Math.max(0, from)
      const request = { collection, filter: filter.value, sort: sort.value.trim(), skip, limit: PAGE }
      const answer = await state.engine.ask('find', request)
      // Answers come in any order.
      if (turn !== asked || collection !== state.collection) return
      fill(answer.documents)
      const last = skip + answer.documents.length
      facts.textContent = `${last === 0 ? 0 : count(skip + 1)} to ${count(last)} of ${count(answer.count)}, ${milliseconds(answer.ms)} by ${answer.plan}`
      before.disabled = skip === 0
      after.disabled = last >= answer.count
      state.time(`find ${collection}`, answer.ms)
    })
  }

  function fill(documents: readonly Document[]): void {
    const primaryKey = state.current?.primaryKey ?? 'id'
    const names = columnsOf(documents, primaryKey)
    const rows = documents.map((document) => {
      const key = document[primaryKey] as Key
      const open = h(
        'button',
        { type: 'button', class: 'link', onClick: () => state.look(key) },
        shorten(textOf(key), 14),
      )
      const cells = names.map((name) =>
        h('td', { class: typeof document[name] === 'number' ? 'number' : '' }, textOf(document[name])),
      )
      return h('tr', {}, h('th', { scope: 'row' }, open), ...cells)
    })
    const headings = [primaryKey, ...names].map((name) => h('th', { scope: 'col' }, name))
    table.replaceChildren(h('thead', {}, h('tr', {}, ...headings)), h('tbody', {}, ...rows))
    const first = documents[0]
    if (first !== undefined && state.document === undefined) show(first)
  }

  function show(document: Document): void {
    detail.replaceChildren(h('h2', {}, 'Document'), treeOf(inspect(document)))
  }

  state.on('document', () =>
    state.attempt(async () => {
      if (state.collection === undefined || state.document === undefined) return
      const document = await state.engine.ask('get', state.collection, state.document)
      if (document !== undefined) show(document)
    }),
  )
  const pane = h(
    'div',
    { class: 'split' },
    h(
      'div',
      { class: 'side' },
      h(
        'div',
        { class: 'bar form' },
        h('label', { for: 'find-filter' }, 'Filter'),
        filter,
        h('label', { for: 'find-sort' }, 'Sort'),
        sort,
      ),
      h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Documents' }, table),
      h('div', { class: 'bar' }, before, after, facts),
    ),
    h('div', { class: 'side' }, detail),
  )
  const refresh = whenVisible(pane, () => load(skip))
  state.on('collection', () => {
    filter.placeholder = FILTERS[state.collection ?? ''] ?? '{ field: value }'
    filter.value = ''
    sort.value = ''
    skip = 0
    refresh()
  })
  state.on('overview', refresh)
  return pane
}

/** The fields that most documents have, plain ones first. */
function columnsOf(documents: readonly Document[], primaryKey: string): string[] {
  const counts = new Map<string, number>()
  for (const document of documents) {
    for (const [name, value] of Object.entries(document)) {
      if (name === primaryKey) continue
      const isPlain = typeof value !== 'object' || value instanceof Date
      counts.set(name, (counts.get(name) ?? 0) + (isPlain ? 1 : 0.5))
    }
  }
  const names = Array.from(counts).sort((a, b) => b[1] - a[1])
  return names.slice(0, COLUMNS_MAX).map(([name]) => name)
}

export function textOf(value: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'string') return shorten(value, CELL_MAX)
  if (value instanceof Date) return value.toISOString().slice(0, 10)
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${(value as Uint8Array).length})`
  if (typeof value === 'object' && value !== null) {
    return shorten(
      JSON.stringify(value, (_, one) => (typeof one === 'bigint' ? String(one) : one)).replaceAll('"', ''),
      CELL_MAX,
    )
  }
  return String(value)
}

export function shorten(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1).trimEnd()}\u2026`
}
