// Light, dark, or as the system has it.

import { h } from './dom.ts'

const THEMES = ['auto', 'light', 'dark'] as const
const KEPT = 'playground.theme'

export function themeSwitch(): HTMLElement {
  const select = h(
    'select',
    { id: 'theme', 'aria-label': 'Colours', onChange: () => apply(select.value) },
    ...THEMES.map((theme) =>
      h('option', { value: theme }, theme === 'auto' ? 'Auto' : theme === 'light' ? 'Light' : 'Dark'),
    ),
  )

  function apply(theme: string): void {
    localStorage.setItem(KEPT, theme)
    document.documentElement.dataset['theme'] = theme
    restyle()
  }

  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle)
  select.value = localStorage.getItem(KEPT) ?? 'auto'
  apply(select.value)
  return select
}

/** Canvases take their colours from the style, and do not hear of its changes. */
function restyle(): void {
  dispatchEvent(new CustomEvent('restyle'))
}
