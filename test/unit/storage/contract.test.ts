// Promise: memory, the file system and the simulated medium keep one contract, so that what holds on one holds on all.

import { join } from 'node:path'
import { openFileDirectory } from '../../../src/storage/file/index.ts'
import { MemoryDirectory } from '../../../src/storage/index.ts'
import { SimulatedMedium } from '../../crash/simulated-storage.ts'
import { describeStorage } from './contract.ts'
import { temporaryFolder } from './temporary.ts'

describeStorage('memory', async () => {
  const directory = new MemoryDirectory()
  return async ({ readOnly = false } = {}) => directory.reopen({ isReadOnly: readOnly })
})

describeStorage('file', async () => {
  const path = await temporaryFolder()
  return (options) => openFileDirectory(path, options)
})

// The address of a socket holds about 100 bytes; see src/storage/file/beacon.ts.
describeStorage('file under a long path', async () => {
  const path = join(await temporaryFolder(), 'a'.repeat(120), 'data')
  return async (options) => {
    await openFileDirectory(path)
    return openFileDirectory(path, options)
  }
})

describeStorage('simulated', async () => {
  const medium = new SimulatedMedium()
  return async ({ readOnly = false } = {}) => medium.reopen({ isReadOnly: readOnly })
})
