// Geometries of rows on their way in: well-known text, in full.

import { invalid, shown } from './errors.ts'
import { shapeOf } from './geometry/index.ts'
import type { Row } from './rows.ts'
import type { Field, Schema } from './schema.ts'

/** Throws if the default of a field is no geometry. */
export function requireDefaultShapes(fields: readonly Field[]): void {
  for (const { name, defaultValue } of fields) {
    if (shapeOf(defaultValue as string) !== undefined) continue
    throw invalid(`default_value of field ${name} is not a geometry in well-known text: ${shown(defaultValue)}`)
  }
}

/** Throws if a text is no geometry: no filter would ever find it. */
export function requireShapes({ places }: Schema, documents: readonly Row[]): void {
  for (const { name } of places) {
    documents.forEach((row, i) => {
      const text = row[name]
      if (typeof text !== 'string' || shapeOf(text) !== undefined) return
      throw invalid(`field ${name} of row ${i} is not a geometry in well-known text: ${shown(text)}`)
    })
  }
}
