// Embedding functions: what they are, and the registry that gives a collection back the one it was created with.
//
// The registries live on globalThis under the official driver's keys, so its packages (`@seekdb/openai`,
// `@seekdb/bm25`, ...), which register themselves there when loaded, serve both.

import { loadDriver } from '../../engine/index.ts'
import { Bm25EmbeddingFunction } from './bm25.ts'
import { BuiltinEmbedding } from './builtin-embedding.ts'
import { shown } from './errors.ts'
import { LocalModelEmbedding } from './local-model.ts'

export interface EmbeddingConfig {
  // biome-ignore lint/suspicious/noExplicitAny: the driver's type; a function's own class reads from it without a cast
  [key: string]: any
}

/** Turns texts into vectors. */
export interface EmbeddingFunction {
  readonly name: string
  generate(texts: string[]): Promise<number[][]>
  getConfig(): EmbeddingConfig
  dispose?(): Promise<void>
  dimension?: number
}

/** What rebuilds a function when a collection is opened. */
export interface EmbeddingFunctionConstructor {
  new (config: EmbeddingConfig): EmbeddingFunction
  buildFromConfig(config: EmbeddingConfig): EmbeddingFunction
  getModelDimensions?: () => Record<string, number>
}

/** Weights by index; indexes are non-negative integers. */
export type SparseVector = Record<number, number>
export type SparseVectors = SparseVector[]

/** Turns texts into sparse vectors. */
export interface SparseEmbeddingFunction {
  readonly name: string
  generate(texts: string[]): Promise<SparseVectors>
  /** For functions that weight a query unlike a document. */
  generateForQueries?(texts: string[]): Promise<SparseVectors>
  getConfig(): EmbeddingConfig
  validateConfigUpdate?(newConfig: Record<string, unknown>): void
  dispose?(): Promise<void>
}

export interface SparseEmbeddingFunctionConstructor {
  new (config: EmbeddingConfig): SparseEmbeddingFunction
  buildFromConfig(config: EmbeddingConfig): SparseEmbeddingFunction
  validateConfig?(config: EmbeddingConfig): void
}

export const DEFAULT_FUNCTION = 'default-embed'

interface Buildable<F> {
  new (config: EmbeddingConfig): F
  buildFromConfig?(config: EmbeddingConfig): F
}

/** One registry and its error messages. */
class Registry<F> {
  readonly #key: string
  readonly #noun: string
  /** Used when nothing is registered under a name; not registered themselves, so their names stay free. */
  readonly #builtin: Readonly<Record<string, Buildable<F>>>

  constructor(key: string, noun: string, builtin: Readonly<Record<string, Buildable<F>>>) {
    this.#key = key
    this.#noun = noun
    this.#builtin = builtin
  }

  get #constructors(): Map<string, Buildable<F>> {
    const host = globalThis as unknown as Record<string, Map<string, Buildable<F>> | undefined>
    return (host[this.#key] ??= new Map())
  }

  register(name: string, type: Buildable<F>): void {
    if (this.#constructors.has(name)) throw new Error(`${this.#noun} with name ${name} is already registered.`)
    this.#constructors.set(name, type)
  }

  async get(name: string, config: EmbeddingConfig | undefined): Promise<F> {
    const id = shown(name)
    const Type = this.#constructors.get(name) ?? (await this.#load(id)) ?? this.#builtinOf(id)
    if (Type === undefined) throw new Error(`${this.#noun} '${id}' is not registered.`)
    try {
      return Type.buildFromConfig === undefined ? new Type(config ?? {}) : Type.buildFromConfig(config ?? {})
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      throw new Error(`Failed to instantiate ${lowerFirst(this.#noun)} '${name}': ${message}`, { cause: error })
    }
  }

  #builtinOf(name: string): Buildable<F> | undefined {
    return Object.hasOwn(this.#builtin, name) ? this.#builtin[name] : undefined
  }

  async #load(name: string): Promise<Buildable<F> | undefined> {
    // A name must not be a path or another package, and the official default function would download a model.
    if (name === DEFAULT_FUNCTION || !/^[a-z0-9][a-z0-9._-]*$/i.test(name)) return undefined
    await loadDriver(`@seekdb/${name}`).catch(() => {})
    return this.#constructors.get(name)
  }
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

const dense = new Registry<EmbeddingFunction>('seekdb:embeddingFunctionRegistry', 'Embedding function', {
  [DEFAULT_FUNCTION]: BuiltinEmbedding,
  [LocalModelEmbedding.NAME]: LocalModelEmbedding,
})
const sparse = new Registry<SparseEmbeddingFunction>(
  'seekdb:sparseEmbeddingFunctionRegistry',
  'Sparse embedding function',
  { [Bm25EmbeddingFunction.NAME]: Bm25EmbeddingFunction },
)

/** Registers a class under `name`. @throws Error when the name is taken. */
export function registerEmbeddingFunction(name: string, type: EmbeddingFunctionConstructor): void {
  dense.register(name, type)
}

/**
 * Builds the function registered under `name`.
 *
 * @param name - default `'default-embed'`: the built-in lexical function, unless another is registered under this name.
 * @throws Error when nothing is registered under it, or its class cannot be built with `config`.
 */
export function getEmbeddingFunction(
  name: string = DEFAULT_FUNCTION,
  config?: EmbeddingConfig,
): Promise<EmbeddingFunction> {
  return dense.get(name, config)
}

/** Registers a class of sparse embedding functions under `name`. @throws Error when the name is taken. */
export function registerSparseEmbeddingFunction(name: string, type: SparseEmbeddingFunctionConstructor): void {
  sparse.register(name, type)
}

/** Builds the sparse function registered under `name`. @throws Error when there is none. */
export function getSparseEmbeddingFunction(name: string, config?: EmbeddingConfig): Promise<SparseEmbeddingFunction> {
  return sparse.get(name, config)
}

/** A function as a collection stores it. */
export interface StoredFunction {
  readonly name: string
  readonly properties: EmbeddingConfig
}

/** Whether a collection can store which function it uses: its class can rebuild it from its own name and config. */
export function supportsPersistence(fn: unknown): fn is EmbeddingFunction {
  if (typeof fn !== 'object' || fn === null) return false
  const { getConfig, constructor: type } = fn as { getConfig?: unknown; constructor?: { buildFromConfig?: unknown } }
  if (typeof getConfig !== 'function' || typeof type?.buildFromConfig !== 'function') return false
  try {
    getConfig.call(fn)
    return true
  } catch {
    return false
  }
}

/** `supportsPersistence` for sparse functions. */
export function supportsSparsePersistence(fn: unknown): fn is SparseEmbeddingFunction {
  return supportsPersistence(fn)
}

/** What to store of a function; undefined if it cannot be stored. @throws Error when its config is not JSON. */
export function storedFunction(
  fn: EmbeddingFunction | SparseEmbeddingFunction | null | undefined,
): StoredFunction | undefined {
  if (fn === null || fn === undefined || !supportsPersistence(fn)) return undefined
  const properties = fn.getConfig()
  try {
    return { name: fn.name, properties: JSON.parse(JSON.stringify(properties ?? {})) as EmbeddingConfig }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new Error(`Failed to stringify Embedding Function config. ${message}`, { cause: error })
  }
}
