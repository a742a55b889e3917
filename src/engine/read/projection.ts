// Which fields of a document a reader wants.

import type { ProjectionTree } from '../../core/index.ts'

/** Fields to read; made by `compileProjection`. */
export interface Projection {
  readonly paths: readonly string[]
  readonly tree: ProjectionTree
}

/** Merges dotted paths into one tree; a path absorbs those below it. */
export function compileProjection(paths: readonly string[]): Projection {
  const tree: ProjectionTree = new Map()
  for (const path of paths) {
    let at = tree
    let isCovered = false
    const steps = path.split('.')
    steps.forEach((step, i) => {
      if (isCovered) return
      const below = at.get(step)
      if (below === undefined) {
        const made: ProjectionTree = new Map()
        at.set(step, made)
        at = made
      } else if (below.size === 0) {
        // All of the field is already included.
        isCovered = true
      } else {
        if (i === steps.length - 1) below.clear()
        at = below
      }
    })
  }
  return { paths, tree }
}

/** Whole top-level fields by name; dots are part of the name. */
export function fieldsProjection(names: readonly string[]): Projection {
  return { paths: names, tree: new Map(names.map((name) => [name, new Map()])) }
}
