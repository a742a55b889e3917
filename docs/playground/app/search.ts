// The pane that searches: by a text, by a document, by a drawing; hits in a list, and on the map.

import type { Key } from 'quiverdb'
import { type Hit, MAP_POINTS_MAX, type MapPoints, type SearchAnswer, type SearchRequest } from '../protocol.ts'
import { inspect } from '../worker/inspect.ts'
import { FILTERS, shorten, textOf } from './documents.ts'
import { count, h, milliseconds } from './dom.ts'
import { Layout } from './layout.ts'
import { PointMap, sprite } from './map.ts'
import { makePad, type Pad } from './pad.ts'
import type { State } from './state.ts'
import { treeOf } from './tree.ts'
import { whenVisible } from './visible.ts'

const LIMIT = 12
const NEIGHBOURS = 15

export function searchPane(state: State): HTMLElement {
  const map = new PointMap()
  const layout = new Layout()
  let points: MapPoints | undefined
  let shown = ''
  let asked = 0
  let pad: Pad | undefined

  const query = h('input', { id: 'search-text', type: 'search', spellcheck: 'false', autocomplete: 'off' })
  const filter = h('input', {
    id: 'search-filter',
    type: 'text',
    spellcheck: 'false',
  })
  const facts = h('p', { class: 'took', role: 'status' })
  const hits = h('ol', { class: 'hits' })
  const padPlace = h('div', { class: 'pad-place' })
  const legend = h('div', { class: 'legend' })
  const progress = h('p', { class: 'map-note', role: 'status' })
  const tip = h('div', { class: 'tip', hidden: true })
  const control = (name: string, sign: string, onClick: () => void) =>
    h('button', { type: 'button', title: name, 'aria-label': name, onClick }, sign)
  const controls = h(
    'div',
    { class: 'map-controls', role: 'group', 'aria-label': 'Map' },
    control('Closer', '+', () => map.zoom(1.5)),
    control('Farther', '\u2212', () => map.zoom(1 / 1.5)),
    control('Show all', 'all', () => map.zoom(0)),
    control('Show hits', 'hits', () => map.zoomToHits()),
  )
  const label = h('label', { for: 'search-text' }, 'Text')
  const form = h(
    'form',
    { class: 'search-form', onSubmit: (event: Event) => submit(event) },
    h('div', { class: 'field' }, label, query),
    h('div', { class: 'field' }, h('label', { for: 'search-filter' }, 'Filter'), filter),
    h('button', { class: 'primary', type: 'submit' }, 'Search'),
  )

  const fieldName = () => state.current?.vectors[0]?.name
  const textIndex = () => state.current?.indexes.find(({ type }) => type === 'text')?.name

  function submit(event: Event): void {
    event.preventDefault()
    const text = query.value.trim()
    if (text === '') return
    const index = textIndex()
    if (index !== undefined) ask({ text, index })
    else ask({ key: keyOf(text), field: fieldName()! })
  }

  /** A key as typed: that of a document on the map if it is one, else a number if it looks like one. */
  function keyOf(text: string): Key {
    return points?.keys.find((key) => String(key) === text) ?? (/^-?\d+$/.test(text) ? Number(text) : text)
  }

  function ask(how: Partial<SearchRequest>): void {
    const collection = state.collection
    if (collection === undefined) return
    // What is left of the collection before goes now: later it would take the hits along.
    state.attempt(showMap)
    const turn = ++asked
    state.attempt(async () => {
      const answer = await state.engine.ask('search', { collection, limit: LIMIT, filter: filter.value, ...how })
      state.time(`search ${collection}`, answer.ms)
      // Answers come in any order.
      if (turn === asked) show(answer, how.key)
    })
  }

  function show({ hits: found, ms, explanation }: SearchAnswer, key: Key | undefined): void {
    const origin = key === undefined ? undefined : placeOf(key)
    const others = found.filter(({ id }) => placeOf(id) === undefined || placeOf(id) !== origin)
    map.highlight(
      others.flatMap(({ id }) => placeOf(id) ?? []),
      origin,
    )
    hits.replaceChildren(...others.map(hitOf))
    const how = explanation === undefined ? '' : `, ${explanation.plan}, ${count(explanation.examined)} examined`
    facts.textContent = `${others.length} hits in ${milliseconds(ms)}${how}`
  }

  function placeOf(id: Key): number | undefined {
    return places.get(JSON.stringify(id))
  }
  let places = new Map<string, number>()

  function hitOf({ id, distance, document }: Hit): HTMLElement {
    const at = placeOf(id)
    const picture =
      points?.pictures !== undefined && at !== undefined
        ? sprite(points.pictures, points.side, at, 'currentColor')
        : undefined
    const colour = at === undefined ? undefined : map.legend.find(([one]) => one === points?.labels[at])?.[1]
    const place = h('li', {})
    const choose = () => {
      state.look(id)
      const field = fieldName()
      if (field !== undefined) ask({ key: id, field })
      else if (place.childElementCount > 1) place.lastElementChild!.remove()
      else place.append(h('div', { class: 'detail' }, treeOf(inspect(document))))
    }
    const button = h('button', {
      type: 'button',
      class: 'hit',
      style: colour === undefined ? '' : `--hit:${colour}`,
      onClick: choose,
    })
    if (picture !== undefined) {
      // currentColor means nothing to a canvas of its own.
      button.append(h('span', { class: 'thumb' }, sprite(points!.pictures!, points!.side, at!, colour ?? 'gray')))
    }
    button.append(
      h('span', { class: 'hit-text' }, h('b', {}, titleOf(document, id)), h('small', {}, summaryOf(document))),
      h('span', { class: 'distance' }, distance < 0 ? `score ${(-distance).toFixed(2)}` : distance.toFixed(3)),
    )
    place.append(button)
    return place
  }

  function showLegend(): void {
    const entries = map.legend.map(([text, colour]) => h('span', {}, h('i', { style: `background:${colour}` }), text))
    legend.replaceChildren(...entries)
  }
  addEventListener('restyle', showLegend)

  async function showMap(): Promise<void> {
    const [collection, field] = [state.collection, fieldName()]
    const isText = textIndex() !== undefined
    label.textContent = isText ? 'Text' : 'Key'
    query.placeholder = isText ? 'words to look for' : 'nearest to the document with this key'
    pane.classList.toggle('listed', field === undefined)
    const name = `${collection} ${field} ${state.current?.stats.vectors}`
    if (name === shown) return
    shown = name
    asked++
    points = undefined
    places = new Map()
    layout.stop()
    hits.replaceChildren()
    padPlace.replaceChildren()
    legend.replaceChildren()
    facts.textContent = collection === undefined ? 'Load a data set, or drop a file.' : ''
    if (field === undefined && !isText && collection !== undefined) {
      facts.textContent =
        'Nothing to search by: this collection has no vectors and no text index. Digits and WordNet have.'
    }
    if (collection === undefined || field === undefined) return
    points = await state.engine.ask('map', collection, field)
    if (shown !== name || points.keys.length < 3) return
    places = new Map(points.keys.map((key, at) => [JSON.stringify(key), at]))
    map.show(points)
    showLegend()
    if (points.side > 0) {
      pad = makePad(points.side, (vector) => ask({ vector, field }))
      padPlace.replaceChildren(
        pad.element,
        h(
          'div',
          {},
          h('p', { class: 'note' }, 'Draw, and what is nearest lights up.'),
          h('button', { type: 'button', class: 'quiet', onClick: () => pad?.clear() }, 'Clear'),
        ),
      )
    }
    const of = points.total > points.keys.length ? `, the first ${count(MAP_POINTS_MAX)} of ${count(points.total)}` : ''
    const described = `${count(points.keys.length)} documents${of}`
    map.element.setAttribute('aria-label', `Map of ${described}; near means alike`)
    if (points.isPlaced) {
      progress.textContent = described
      return
    }
    await place(collection, field, points, described, name)
  }

  async function place(
    collection: string,
    field: string,
    { keys }: MapPoints,
    described: string,
    name: string,
  ): Promise<void> {
    const began = performance.now()
    progress.textContent = `${described}: looking for neighbours`
    const k = Math.min(NEIGHBOURS, keys.length - 1)
    const near = await state.engine.ask('neighbours', collection, field, keys, k)
    state.time(`${count(keys.length)} searches, k ${k}`, performance.now() - began)
    if (shown !== name) return
    const isCalm = matchMedia('(prefers-reduced-motion: reduce)').matches
    const found = await layout.run(near, (at, part) => {
      progress.textContent = `${described}: finding places, ${Math.round(part * 100)} %`
      if (!isCalm || part === 1) map.move(at)
    })
    if (found === undefined || shown !== name) return
    progress.textContent = described
    state.time('umap', performance.now() - began)
    state.say('The map is kept with the database.')
    await state.engine.ask('keepMap', collection, field, found)
  }

  map.onChoose = (at) => {
    const [key, field] = [points?.keys[at], fieldName()]
    if (key === undefined || field === undefined) return
    if (textIndex() === undefined) query.value = String(key)
    state.look(key)
    ask({ key, field })
  }
  map.onPoint = (at, x, y) => {
    tip.hidden = at === undefined || points === undefined
    if (at === undefined || points === undefined) return
    tip.textContent = `${shorten(String(points.keys[at]), 24)}: ${shorten(points.labels[at]!, 40)}`
    tip.style.translate = `${x + 14}px ${y + 10}px`
  }
  const pane = h(
    'div',
    { class: 'split search' },
    h(
      'div',
      { class: 'side map-side' },
      map.element,
      controls,
      tip,
      h('div', { class: 'bar map-foot' }, progress, legend),
    ),
    h('div', { class: 'side' }, form, padPlace, facts, hits),
  )
  const refresh = whenVisible(pane, () => state.attempt(showMap))
  state.on('collection', () => {
    query.value = ''
    filter.value = ''
    filter.placeholder = FILTERS[state.collection ?? ''] ?? '{ field: value }'
    refresh()
  })
  state.on('overview', refresh)
  return pane
}

function titleOf(document: Readonly<Record<string, unknown>>, id: Key): string {
  const named =
    document['title'] ??
    document['name'] ??
    (Array.isArray(document['words']) ? document['words'].join(', ') : undefined)
  return shorten(named === undefined ? textOf(id) : String(named), 60)
}

function summaryOf(document: Readonly<Record<string, unknown>>): string {
  const parts = Object.entries(document)
    .filter(
      ([name, value]) =>
        !['id', 'title', 'name', 'words'].includes(name) && (typeof value !== 'object' || value instanceof Date),
    )
    .map(([name, value]) => `${name} ${textOf(value)}`)
  return shorten(parts.join(' \u00b7 '), 110)
}
