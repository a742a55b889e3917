// Which fields of a document a reader wants.

import type { ProjectionTree } from '../../core/index.ts'

/** Fields to read; made by `compileProjection`. */
export interface Projection {
  readonly paths: readonly string[]
  readonly tree: ProjectionTree
}

/** Joins dot paths into one tree; a path that covers another takes it in. */
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
        // All of it is wanted already.
        isCovered = true
      } else {
        if (i === steps.length - 1) below.clear()
        at = below
      }
    })
  }
  return { paths, tree }
}

/** Whole fields by their names at the root, dots and all. */
export function fieldsProjection(names: readonly string[]): Projection {
  return { paths: names, tree: new Map(names.map((name) => [name, new Map()])) }
}
