// Values as trees that open and close.

import type { Shown } from '../worker/inspect.ts'
import { h } from './dom.ts'

const OPEN_ENTRIES_MAX = 16
const PREVIEW_MAX = 88
const PREVIEW_DEPTH = 2

type Tree = Extract<Shown, { kind: 'tree' }>

/** @param name - of the entry that it is the value of; none at the root. */
export function treeOf(value: Shown, name?: string, depth = 0): HTMLElement {
  const key = name === undefined ? undefined : h('span', { class: 'key' }, name)
  if (value.kind === 'plain') return h('div', { class: 'leaf' }, key, plainOf(value.type, value.text))
  if (value.entries.length === 0) return h('div', { class: 'leaf' }, key, h('span', { class: 'v' }, previewOf(value)))
  const details = h('details', { class: 'tree', open: isOpenAtFirst(value, depth) })
  details.append(
    h(
      'summary',
      {},
      key,
      h('span', { class: 'preview' }, previewOf(value)),
      h('span', { class: 'title' }, value.title || (value.isList ? 'Array' : depth === 0 ? 'Object' : '')),
    ),
  )
  const fill = () => {
    if (details.childElementCount > 1) return
    const list = h('div', { class: 'entries' })
    for (const [entry, one] of value.entries) list.append(treeOf(one, entry, depth + 1))
    if (value.more > 0) list.append(h('div', { class: 'leaf more' }, `and ${value.more} more`))
    details.append(list)
  }
  // What is closed costs nothing until it is opened.
  if (details.open) fill()
  details.addEventListener('toggle', fill)
  return details
}

/** A root stands open, and below it lists of objects; what fits its own line stays closed. */
function isOpenAtFirst({ entries }: Tree, depth: number): boolean {
  const hasTrees = entries.some(([, one]) => one.kind === 'tree')
  return depth === 0 ? entries.length <= OPEN_ENTRIES_MAX : depth === 1 && hasTrees && entries.length <= 4
}

function plainOf(type: string, text: string): HTMLElement {
  return h('span', { class: `v v-${type}` }, type === 'string' ? JSON.stringify(text) : text)
}

/** One line of what is inside. */
function previewOf(value: Shown, depth = 0): string {
  if (value.kind === 'plain') return value.type === 'string' ? JSON.stringify(value.text) : value.text
  const [open, close] = value.isList ? ['[', ']'] : ['{ ', ' }']
  const title = value.title === '' || value.title.startsWith('Array') ? '' : `${value.title} `
  if (value.entries.length === 0) return `${title}${value.isList ? '[]' : '{}'}`
  if (depth > PREVIEW_DEPTH) return `${title}${open}\u2026${close}`
  const parts: string[] = []
  let length = 0
  for (const [name, one] of value.entries) {
    const part = `${value.isList ? '' : `${name}: `}${previewOf(one, depth + 1)}`
    length += part.length
    if (length > PREVIEW_MAX) {
      parts.push('\u2026')
      break
    }
    parts.push(part)
  }
  return `${title}${open}${parts.join(', ')}${close}`
}
