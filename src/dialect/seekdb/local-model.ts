// Sentence vectors from a local model, through the optional package @huggingface/transformers, which is loaded for the
// first text and not before.

import { loadDriver } from '../../engine/index.ts'
import type { EmbeddingConfig, EmbeddingFunction } from './embedding.ts'
import { SeekdbError, SeekdbValueError } from './errors.ts'

const PACKAGE = '@huggingface/transformers'

/** Options of `LocalModelEmbedding`, in the spelling of the driver's configs. */
export interface LocalModelConfig {
  /** Folder of models, containing a folder named like `modelName`. Nothing is downloaded. */
  readonly localModelPath: string
  /** Default `Xenova/all-MiniLM-L6-v2`, which has 384 lanes. */
  readonly modelName?: string | undefined
  /** Number type of the weights: `fp32` (default), `fp16`, `q8`, ... */
  readonly dtype?: string | undefined
  /** `mean` (default) or `cls`. */
  readonly pooling?: string | undefined
}

interface Tensor {
  tolist(): number[][]
}
type Pipeline = (texts: string[], options: { pooling: string; normalize: boolean }) => Promise<Tensor>

const NAME = 'local-model'

/** Semantic vectors from a local model: `new LocalModelEmbedding({ localModelPath: './models' })`. */
export class LocalModelEmbedding implements EmbeddingFunction {
  static readonly NAME = NAME

  readonly name = NAME
  readonly #config: LocalModelConfig
  #pipeline: Promise<Pipeline> | undefined

  constructor(config: EmbeddingConfig) {
    if (typeof config?.['localModelPath'] !== 'string' || config['localModelPath'] === '') {
      throw new SeekdbValueError('LocalModelEmbedding needs localModelPath, the folder that holds the model')
    }
    this.#config = config as unknown as LocalModelConfig
  }

  static buildFromConfig(config: EmbeddingConfig): LocalModelEmbedding {
    return built(config)
  }

  async generate(texts: string[]): Promise<number[][]> {
    this.#pipeline ??= this.#load()
    const { pooling = 'mean' } = this.#config
    const run = await this.#pipeline
    return (await run(texts, { pooling, normalize: true })).tolist()
  }

  getConfig(): EmbeddingConfig {
    return { ...this.#config }
  }

  async dispose(): Promise<void> {
    this.#pipeline = undefined
  }

  async #load(): Promise<Pipeline> {
    try {
      const { modelName = 'Xenova/all-MiniLM-L6-v2', localModelPath, dtype = 'fp32' } = this.#config
      const library = (await loadPackage()) as {
        env: { allowRemoteModels: boolean; allowLocalModels: boolean; localModelPath: string }
        pipeline(task: string, model: string, options: object): Promise<Pipeline>
      }
      library.env.allowLocalModels = true
      library.env.allowRemoteModels = false
      library.env.localModelPath = localModelPath
      return await library.pipeline('feature-extraction', modelName, { dtype })
    } catch (error) {
      // The next call tries again.
      this.#pipeline = undefined
      throw error
    }
  }
}

/** Outside the class: a class that names itself in its body gets another name in the bundles. */
function built(config: EmbeddingConfig): LocalModelEmbedding {
  return new LocalModelEmbedding(config)
}

async function loadPackage(): Promise<unknown> {
  try {
    return await loadDriver(PACKAGE)
  } catch (cause) {
    throw new SeekdbError(`LocalModelEmbedding needs the package "${PACKAGE}": npm install ${PACKAGE}`, cause)
  }
}
