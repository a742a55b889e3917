// The pane where programs are written and run, with what they print beside them.

import { INTERFACES, type Interface, type ProgramLine } from '../protocol.ts'
import { h, icon, milliseconds } from './dom.ts'
import { makeEditor } from './editor.ts'
import { SAMPLES, SCOPE_NOTES } from './samples.ts'
import type { State } from './state.ts'
import { treeOf } from './tree.ts'

const NAMES: Readonly<Record<Interface, string>> = {
  quiverdb: 'quiverdb',
  rethinkdb: 'RethinkDB',
  milvus: 'Milvus',
  epsilla: 'Epsilla',
  seekdb: 'seekdb',
}
const DRAFTS = 'playground.program.'
const CHOSEN = 'playground.interface'
const LINES_MAX = 500

export function programPane(state: State): HTMLElement {
  let dialect = (INTERFACES as readonly string[]).includes(localStorage.getItem(CHOSEN) ?? '')
    ? (localStorage.getItem(CHOSEN) as Interface)
    : 'quiverdb'
  let isRunning = false

  const output = h('div', { class: 'output', role: 'log', 'aria-label': 'Results', tabindex: 0 })
  const note = h('p', { class: 'note' })
  const run = h('button', { class: 'primary', type: 'button', onClick: () => start() }, icon('M8 5v14l11-7z'), 'Run')
  const stop = h('button', { type: 'button', disabled: true, onClick: () => state.attempt(end) }, 'Stop')
  const reset = h('button', { type: 'button', class: 'quiet', onClick: () => restore() }, 'Restore sample')
  const took = h('span', { class: 'took', role: 'status' })
  const editor = makeEditor(start, (text) => localStorage.setItem(DRAFTS + dialect, text))

  const tabs = INTERFACES.map((one) => {
    const input = h('input', { type: 'radio', name: 'interface', value: one, onChange: () => choose(one) })
    return { one, input, label: h('label', { class: 'segment' }, input, h('span', {}, NAMES[one])) }
  })

  function choose(next: Interface): void {
    dialect = next
    localStorage.setItem(CHOSEN, next)
    for (const { one, input } of tabs) input.checked = one === next
    editor.text = localStorage.getItem(DRAFTS + next) ?? SAMPLES[next]
    note.textContent = SCOPE_NOTES[next]
  }

  function restore(): void {
    editor.text = SAMPLES[dialect]
    editor.focus()
  }

  function show({ level, values, ms }: ProgramLine): void {
    if (output.childElementCount >= LINES_MAX) return
    const trees = values.map((value) =>
      value.kind === 'plain' && value.type === 'string' && level !== 'result'
        ? h('span', { class: 'said' }, value.text)
        : treeOf(value),
    )
    const at = h('span', { class: 'at', title: 'since the program began' }, milliseconds(ms))
    output.append(h('div', { class: `line line-${level}` }, h('div', { class: 'values' }, ...trees), at))
  }

  async function start(): Promise<void> {
    if (isRunning) return
    setRunning(true)
    output.replaceChildren()
    took.textContent = 'running'
    state.engine.onLine = show
    await state.attempt(async () => {
      try {
        const { ms, isFailed } = await state.engine.ask('run', dialect, editor.text)
        if (output.childElementCount === 0)
          output.append(h('p', { class: 'note' }, 'The program printed and returned nothing.'))
        // It is done when what it did can be seen everywhere.
        await state.refresh()
        took.textContent = `${isFailed ? 'failed after' : 'done in'} ${milliseconds(ms)}`
        state.time(`program, ${NAMES[dialect]}`, ms)
      } catch (error) {
        took.textContent = (error as Error).message
        throw error
      } finally {
        setRunning(false)
      }
    })
  }

  function setRunning(value: boolean): void {
    isRunning = value
    run.disabled = value
    stop.disabled = !value
    output.setAttribute('aria-busy', String(value))
  }

  async function end(): Promise<void> {
    await state.engine.restart()
    state.say('The program was stopped. What it wrote before is kept.')
  }

  choose(dialect)
  output.append(h('p', { class: 'note' }, 'Results stand here, with the time of each since the program began.'))
  return h(
    'div',
    { class: 'program' },
    h(
      'div',
      { class: 'side' },
      h(
        'div',
        { class: 'bar' },
        h(
          'fieldset',
          { class: 'segments' },
          h('legend', { class: 'unseen' }, 'Interface'),
          ...tabs.map(({ label }) => label),
        ),
      ),
      h('div', { class: 'editor' }, editor.element),
      h(
        'div',
        { class: 'bar' },
        run,
        stop,
        reset,
        h('kbd', { title: 'runs the program; Escape and then Tab leaves the editor' }, 'Ctrl Enter'),
      ),
      note,
    ),
    h('div', { class: 'side results' }, h('div', { class: 'bar' }, h('h2', {}, 'Results'), took), output),
  )
}
