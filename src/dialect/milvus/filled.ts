// Fields that functions fill with stored values: signatures of texts, and the words of texts that several analyzers
// read.

import { analyzerOfField, languagesOf } from './analyzers.ts'
import { DataType } from './enums.ts'
import { signer } from './minhash.ts'
import type { Row } from './rows.ts'
import type { Field, Schema } from './schema.ts'

/** Adds to rows what their functions make of their texts. */
export function fill(schema: Schema, documents: Row[]): void {
  for (const output of schema.filled) {
    const make = output.type === DataType.BinaryVector ? signer(schema, output) : speller(schema, output)
    const { name } = schema.textOf(output)!
    documents.forEach((row, i) => {
      const text = row[name]
      // The row may be the caller's.
      if (typeof text === 'string') documents[i] = { ...row, [output.name]: make(text, row) }
    })
  }
}

/** Texts to search for, in their stored form. */
export function filledQueries(schema: Schema, output: Field, texts: readonly unknown[], analyzer: unknown): unknown[] {
  if (output.type === DataType.BinaryVector) return (texts as readonly string[]).map(signer(schema, output))
  const { queryTokens } = analyzerOfField(schema.textOf(output)!, analyzer)
  return texts.map((text) => spelt(queryTokens(text as string)))
}

/**
 * A text index of the engine has one analyzer. Where each row names its language, the index is given the words
 * themselves.
 */
function speller(schema: Schema, output: Field): (text: string, row: Row) => string {
  const { by, analyzerOf } = languagesOf(schema.textOf(output)!)!
  return (text, row) => spelt(analyzerOf(row[by]).tokens(text))
}

/** Joins words so that white space splits them again. */
function spelt(words: readonly string[]): string {
  return words.map((word) => word.replace(/[\s%]/g, encodeURIComponent)).join(' ')
}

/** Splits them again. */
export function unspelt(words: string): string[] {
  return words === '' ? [] : words.split(' ').map(decodeURIComponent)
}
