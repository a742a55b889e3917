// The engine's side of a simulated medium.

import { NotFoundError } from '../../src/error/index.ts'
import { requirePlainName, requireWritable, type StorageDirectory, type StorageFile } from '../../src/storage/index.ts'
import type { SimulatedMedium } from './simulated-storage.ts'
import { SimulatedContent } from './simulated-storage-content.ts'

export class SimulatedDirectory implements StorageDirectory {
  readonly medium: SimulatedMedium
  readonly path: string
  readonly isReadOnly: boolean

  constructor(medium: SimulatedMedium, isReadOnly = false) {
    this.medium = medium
    this.path = medium.path
    this.isReadOnly = isReadOnly
  }

  async lock(): Promise<void> {
    this.medium.requireRunning()
    this.medium.hold(this)
  }

  async unlock(): Promise<void> {
    this.medium.requireRunning()
    this.medium.letGo(this)
  }

  async list(): Promise<string[]> {
    this.medium.requireRunning()
    return this.medium.names()
  }

  async open(name: string, options: { create: boolean }): Promise<StorageFile> {
    requirePlainName(name)
    if (options.create) requireWritable(this, 'creation', name)
    this.medium.requireRunning()
    if (this.medium.find(name) === undefined && options.create) {
      this.medium.changeNames({ kind: 'create', name, content: new SimulatedContent() })
    } else {
      this.medium.touch({ kind: 'open', name })
    }
    return new SimulatedFile(this, name, this.#required(name))
  }

  async remove(name: string): Promise<void> {
    requirePlainName(name)
    requireWritable(this, 'removal', name)
    if (this.medium.find(name) === undefined) this.medium.touch({ kind: 'remove', name })
    else this.medium.changeNames({ kind: 'remove', name })
  }

  async rename(from: string, to: string): Promise<void> {
    requirePlainName(from)
    requirePlainName(to)
    requireWritable(this, 'rename', from)
    this.medium.requireRunning()
    const content = this.#required(from)
    for (const [name, one] of [[from, content] as const, [to, this.medium.find(to)] as const]) {
      if (one !== undefined && one.handlesCount > 0) throw new Error(`rename of ${from} to ${to} while ${name} is open`)
    }
    this.medium.changeNames({ kind: 'rename', name: from, to })
  }

  flushNames(): Promise<void> {
    return this.medium.flushNames()
  }

  #required(name: string): SimulatedContent {
    const content = this.medium.find(name)
    if (content !== undefined) return content
    throw new NotFoundError(`file ${this.path}/${name} is not there`, { details: { name } })
  }
}

class SimulatedFile implements StorageFile {
  readonly name: string
  readonly #directory: SimulatedDirectory
  readonly #medium: SimulatedMedium
  readonly #content: SimulatedContent
  #isClosed = false

  constructor(directory: SimulatedDirectory, name: string, content: SimulatedContent) {
    this.name = name
    this.#directory = directory
    this.#medium = directory.medium
    this.#content = content
    content.handlesCount++
    this.#medium.openFiles.add(this)
  }

  size(): number {
    this.#requireOpen('size')
    return this.#content.bytesCount
  }

  read(position: number, target: Uint8Array): number {
    this.#requireOpen('read')
    return this.#content.read(position, target)
  }

  write(position: number, bytes: Uint8Array): void {
    this.#requireOpen('write')
    requireWritable(this.#directory, 'write', this.name)
    this.#medium.write(this.name, this.#content, position, bytes)
  }

  truncate(size: number): void {
    this.#requireOpen('truncate')
    requireWritable(this.#directory, 'truncation', this.name)
    this.#medium.truncate(this.name, this.#content, size)
  }

  async flush(): Promise<void> {
    this.#requireOpen('flush')
    await this.#medium.flush(this.name, this.#content)
  }

  flushSync(): void {
    this.#requireOpen('flushSync')
    this.#medium.flushSync(this.name, this.#content)
  }

  close(): void {
    this.#requireOpen('close')
    this.#isClosed = true
    this.#content.handlesCount--
    this.#medium.openFiles.delete(this)
  }

  #requireOpen(call: string): void {
    this.#medium.requireRunning()
    if (this.#isClosed) throw new Error(`${call} of ${this.name} after it was closed`)
  }
}
