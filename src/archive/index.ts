export { type ExportForm, type ExportOptions, exported, exportForm } from './form.ts'
export { ArchiveWriter, PieceKind } from './pieces.ts'
export { readPieces } from './reader.ts'
export { type ArchiveSource, blobOf, bytesOf, chunksOf, streamOf } from './source.ts'
