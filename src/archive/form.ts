// The forms in which an export is returned.

import { UsageError, unknownOption } from '../error/index.ts'
import { blobOf, bytesOf, streamOf } from './source.ts'

/** Options of `Database.export`. */
export interface ExportOptions {
  /**
   * The form of the result. `'blob'` (default): one `Blob`, which browsers keep on disk when it is large. `'bytes'`:
   * one `Uint8Array`. `'stream'`: a `ReadableStream`, produced as it is read; cancel it if you do not read it to the
   * end.
   */
  readonly as?: ExportForm | undefined
}

export type ExportForm = 'blob' | 'bytes' | 'stream'

/** Checks the options; returns the requested form. */
export function exportForm(options: ExportOptions = {}): ExportForm {
  if (typeof options !== 'object' || options === null) {
    throw new UsageError(`the options of export are an object, got ${options === null ? 'null' : typeof options}`)
  }
  for (const name of Object.keys(options)) if (name !== 'as') throw unknownOption(name, ['as'], 'of export')
  const { as = 'blob' } = options
  if (as === 'blob' || as === 'bytes' || as === 'stream') return as
  throw new UsageError(
    `as of export is "blob", "bytes" or "stream", got ${typeof as === 'string' ? JSON.stringify(as) : `a value of type ${typeof as}`}`,
  )
}

export async function exported(
  form: ExportForm,
  chunks: AsyncGenerator<Uint8Array, void, undefined>,
): Promise<Blob | Uint8Array | ReadableStream<Uint8Array>> {
  if (form === 'stream') return streamOf(chunks)
  return form === 'bytes' ? await bytesOf(chunks) : await blobOf(chunks)
}
