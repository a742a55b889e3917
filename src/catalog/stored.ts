// The third door of the catalog: how it is stored. Reached in the same way as the second.

export { crc32c } from './checksum.ts'
export { CATALOG_COPY_FILE, CATALOG_FILE, CATALOG_NEW_FILE, orphanFiles, parseDataFile } from './files.ts'
export { CATALOG_VERSION, decodeCatalog, encodeCatalog } from './format.ts'
