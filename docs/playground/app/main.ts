// The page: what is loaded on the left, four panes, and the timings below.

import { DATA_SETS, type DataSet } from '../protocol.ts'
import { documentsPane } from './documents.ts'
import { bytes, count, h, icon, milliseconds } from './dom.ts'
import { programPane } from './program.ts'
import { searchPane } from './search.ts'
import { State } from './state.ts'
import { storagePane } from './storage.ts'
import { makeTabs } from './tabs.ts'
import { themeSwitch } from './theme.ts'

const SETS: Readonly<Record<DataSet, readonly [title: string, about: string]>> = {
  films: ['Films', '3,201 documents'],
  digits: ['Handwritten digits', '3,000 vectors of 196 lanes'],
  wordnet: ['WordNet', '117,791 glosses, searched by words'],
}

const state = new State()

function setButtons(): HTMLElement[] {
  return DATA_SETS.map((set) => {
    const [title, about] = SETS[set]
    return h(
      'button',
      { type: 'button', class: 'set', 'data-set': set, onClick: () => load(set) },
      h('b', {}, title),
      h('small', {}, about),
    )
  })
}

function load(set: DataSet): void {
  state.attempt(async () => {
    state.say(`loading ${SETS[set][0]}`)
    const { collection, documents, ms } = await state.engine.ask('load', set)
    state.time(`load ${collection}`, ms)
    state.select(collection)
    await state.refresh()
    tabs.choose(set === 'films' ? 'documents' : 'search')
    // Last: who reads it goes on, and is not to be led to another pane then.
    state.say(`${count(documents)} documents in ${milliseconds(ms)}.`)
  })
}

function importFiles(files: Iterable<File>): void {
  state.attempt(async () => {
    let sum = ''
    for (const file of files) {
      const { collection, documents, refused, firstError, ms } = await state.engine.ask('importFile', file)
      state.time(`import ${file.name}`, ms)
      const note = refused === 0 ? '' : `, ${count(refused)} refused: ${firstError}`
      sum = `${count(documents)} documents into ${collection} in ${milliseconds(ms)}${note}.`
      state.select(collection)
    }
    await state.refresh()
    tabs.choose('documents')
    state.say(sum)
  })
}

function dropPlace(): HTMLElement {
  const input = h('input', {
    type: 'file',
    class: 'unseen',
    multiple: true,
    accept: '.csv,.json,.ndjson,.jsonl,.parquet',
    onChange: () => importFiles(input.files ?? []),
  })
  const place = h(
    'label',
    { class: 'drop' },
    input,
    h('b', {}, 'Drop a file'),
    h('small', {}, 'CSV, NDJSON, JSON, Parquet'),
  )
  document.addEventListener('dragover', (event) => {
    event.preventDefault()
    place.classList.add('over')
  })
  document.addEventListener('dragleave', () => place.classList.remove('over'))
  document.addEventListener('drop', (event) => {
    event.preventDefault()
    place.classList.remove('over')
    importFiles(Array.from(event.dataTransfer?.files ?? []))
  })
  return place
}

function collectionList(): HTMLElement {
  const list = h('ul', { class: 'collections' })
  const show = () => {
    list.replaceChildren(
      ...state.collections.map(({ name, stats }) => {
        const drop = h(
          'button',
          {
            type: 'button',
            class: 'quiet drop-one',
            title: `Drop ${name}`,
            'aria-label': `Drop ${name}`,
            onClick: () => remove(name),
          },
          icon('M6 6l12 12M18 6 6 18'),
        )
        const open = h(
          'button',
          {
            type: 'button',
            class: 'collection',
            'aria-current': name === state.collection ? 'true' : undefined,
            onClick: () => state.select(name),
          },
          h('span', {}, name),
          h('small', {}, count(stats.documents)),
        )
        return h('li', {}, open, drop)
      }),
    )
    if (state.collections.length === 0) list.append(h('li', { class: 'note' }, 'None yet.'))
  }
  state.on('overview', show)
  state.on('collection', show)
  return list
}

function remove(name: string): void {
  if (!confirm(`Drop the collection ${name}, with its documents?`)) return
  state.attempt(async () => {
    await state.engine.ask('drop', name)
    await state.refresh()
  })
}

function statusLine(): HTMLElement {
  const text = h('span', {})
  const bar = h('progress', { max: 1, 'aria-label': 'Progress', hidden: true })
  const line = h('div', { class: 'status', role: 'status' }, bar, text)
  state.on('status', () => {
    const { text: said, part, isError } = state.status
    text.textContent = said
    line.classList.toggle('error', isError)
    bar.hidden = part === undefined
    if (part !== undefined) bar.value = part
  })
  return line
}

function timings(): HTMLElement {
  const list = h('ol', { class: 'timings', 'aria-label': 'Timings, latest first' })
  state.on('timing', () => {
    const shown = state.timings.slice(0, 8)
    const most = Math.max(...shown.map(({ ms }) => Math.log1p(ms)))
    list.replaceChildren(
      ...shown.map(({ what, ms }) =>
        h(
          'li',
          { style: `--share:${(Math.log1p(ms) / most).toFixed(3)}` },
          h('span', {}, what),
          h('b', {}, milliseconds(ms)),
        ),
      ),
    )
  })
  return list
}

function kept(): HTMLElement {
  const text = h('span', { class: 'kept' })
  state.on('overview', () => {
    const { usage } = state.overview
    text.textContent = `kept in this browser${usage === undefined ? '' : `, ${bytes(usage)}`}`
  })
  return text
}

const tabs = makeTabs([
  ['program', 'Program', programPane(state)],
  ['documents', 'Documents', documentsPane(state)],
  ['search', 'Search', searchPane(state)],
  ['storage', 'Storage', storagePane(state)],
])

document
  .querySelector('#app')!
  .replaceWith(
    h(
      'header',
      {},
      h('h1', {}, icon('M5 19 19 5M10 5h9v9'), 'quiverdb ', h('span', {}, 'playground')),
      kept(),
      themeSwitch(),
    ),
    h(
      'aside',
      {},
      h('h2', {}, 'Data'),
      h('div', { class: 'sets' }, ...setButtons(), dropPlace()),
      h('h2', {}, 'Collections'),
      collectionList(),
    ),
    h('main', {}, tabs.list, ...tabs.panels),
    h('footer', {}, statusLine(), timings()),
  )

state.engine.onProgress = (what, part) =>
  state.say(part === undefined ? what : `${what}, ${Math.round(part * 100)} %`, part)
state.attempt(async () => {
  state.say('opening')
  const began = performance.now()
  await state.engine.ask('open')
  state.time('open', performance.now() - began)
  state.say('Ready. Everything stays in this browser.')
  await state.refresh()
  document.documentElement.dataset['ready'] = 'true'
})
// A page that comes back from the browser's cache has no database any more.
addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload()
})
// A tab that goes gives the files to the next one at once.
addEventListener('pagehide', () => void state.engine.ask('close'))
