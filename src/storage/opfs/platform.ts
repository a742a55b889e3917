// The parts of the origin private file system that TypeScript's DOM types leave to workers.
// Specification: WHATWG File System Standard.

/** Open for reading and writing; no other handle of the same file can be open. */
export interface SyncAccessHandle {
  read(target: Uint8Array, options: { at: number }): number
  write(bytes: Uint8Array, options: { at: number }): number
  truncate(size: number): void
  getSize(): number
  flush(): void
  close(): void
}

export interface OpfsFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<SyncAccessHandle>
  /** Not available everywhere. Replaces an existing file of that name. WebKit has no form with the name alone. */
  move?(folder: FileSystemDirectoryHandle, name: string): Promise<void>
}

export type OpfsFolderHandle = FileSystemDirectoryHandle

/** Whether this thread can open files: dedicated workers can, pages cannot. */
export function hasSyncFiles(): boolean {
  const prototype = (globalThis as { FileSystemFileHandle?: { prototype: object } }).FileSystemFileHandle?.prototype
  return prototype !== undefined && 'createSyncAccessHandle' in prototype
}

/** The folder that holds all databases of this origin. */
export async function rootFolder(): Promise<OpfsFolderHandle> {
  const root = await navigator.storage.getDirectory()
  return (await root.getDirectoryHandle('quiverdb', { create: true })) as OpfsFolderHandle
}
