// Tabs as the ARIA practices describe them: arrows move, the address remembers.

import { h } from './dom.ts'

export interface Tabs {
  readonly list: HTMLElement
  readonly panels: readonly HTMLElement[]
  choose(id: string): void
}

export function makeTabs(parts: readonly (readonly [id: string, title: string, content: HTMLElement])[]): Tabs {
  const tabs = parts.map(([id, title], at) =>
    h(
      'button',
      {
        type: 'button',
        role: 'tab',
        id: `tab-${id}`,
        'aria-controls': `panel-${id}`,
        onClick: () => choose(at),
        onKeydown: (event: KeyboardEvent) => key(event, at),
      },
      title,
    ),
  )
  const panels = parts.map(([id, , content]) =>
    h('div', { role: 'tabpanel', id: `panel-${id}`, class: 'panel', 'aria-labelledby': `tab-${id}` }, content),
  )

  function choose(chosen: number): void {
    for (const [at, tab] of tabs.entries()) {
      tab.setAttribute('aria-selected', String(at === chosen))
      tab.tabIndex = at === chosen ? 0 : -1
      panels[at]!.hidden = at !== chosen
    }
    history.replaceState(null, '', `#${parts[chosen]![0]}`)
  }

  function key(event: KeyboardEvent, at: number): void {
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: parts.length - 1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    const chosen = (next + parts.length) % parts.length
    choose(chosen)
    tabs[chosen]!.focus()
  }

  choose(
    Math.max(
      0,
      parts.findIndex(([id]) => `#${id}` === location.hash),
    ),
  )
  return {
    list: h('div', { role: 'tablist', class: 'tabs', 'aria-label': 'Panes' }, ...tabs),
    panels,
    choose: (id) => choose(parts.findIndex(([one]) => one === id)),
  }
}
