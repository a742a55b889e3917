// A partition's first log.

import type { Store } from '../core/index.ts'
import type { StorageDirectory, StorageFile } from '../storage/index.ts'
import { encodeLogHeader, homeOf, type LogHeader, logName, newSeed } from './header.ts'

/**
 * Creates the log of a new partition; it is durable, including its name, when this resolves. On failure no file is
 * left.
 */
export async function createLogFile(
  storage: StorageDirectory,
  { stem, database }: { readonly stem: string; readonly database?: bigint | undefined },
  store: Store,
  sealedTransaction: number,
): Promise<{ file: StorageFile; header: LogHeader }> {
  const header: LogHeader = {
    seed: newSeed(),
    generation: 1,
    sealedTransaction,
    isComplete: true,
    home: homeOf(stem, database),
  }
  const name = logName(stem, header.generation)
  await storage.remove(name)
  const file = await storage.open(name, { create: true })
  try {
    file.write(0, encodeLogHeader(store, header))
    file.flushSync()
    await storage.flushNames()
  } catch (error) {
    file.close()
    await storage.remove(name).catch(() => {})
    throw error
  }
  return { file, header }
}
