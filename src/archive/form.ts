// What an export is handed out as.

import { UsageError, unknownOption } from '../error/index.ts'
import { blobOf, bytesOf, streamOf } from './source.ts'

/** Options of `Database.export`. */
export interface ExportOptions {
  /**
   * What it comes as. `'blob'` (default): one `Blob`, which browsers keep on disk when it is large. `'bytes'`: one `Uint8Array`.
   * `'stream'`: a `ReadableStream`, made as it is read; cancel it when it is not read to its end.
   */
  readonly as?: ExportForm | undefined
}

export type ExportForm = 'blob' | 'bytes' | 'stream'

/** Checks the options; answers the form they ask for. */
export function exportForm(options: ExportOptions = {}): ExportForm {
  if (typeof options !== 'object' || options === null) throw new UsageError('the options of export are an object')
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
