// Shapes of a collection: ordered lists of field names, found by walking a trie one name at a time. Ids are shared by
// the whole collection; a partition's core learns of a shape when it first stores one.

/** A declared vector field. `dimension` counts lanes, or bits for `hamming` and `jaccard`. */
export interface VectorField {
  readonly name: string
  readonly dimension: number
  readonly metric: 'cosine' | 'l2' | 'ip' | 'hamming' | 'jaccard'
  /** The type of a lane; default f32. */
  readonly element?: 'f32' | 'f16' | 'bf16' | 'int8' | 'codes' | undefined
  readonly index?: VectorIndex | undefined
}

/** How a vector field is searched. Without `type` it has no graph. */
export interface VectorIndex {
  readonly type?: 'auto' | 'flat' | 'hnsw' | undefined
  readonly m?: number | undefined
  readonly efConstruction?: number | undefined
  readonly graphFrom?: number | undefined
  readonly quantization?: 'int8' | 'binary' | 'none' | undefined
}

const RECENT_MAX = 6

/** A prefix of field names; a document's last node is its shape. */
export class ShapeNode {
  readonly name: string
  readonly parent: ShapeNode | null
  /** The vector column of this name; applies only in the root of a document. */
  readonly vector: VectorField | null
  /** The number of names up to this node. */
  readonly fields: number
  /** Position of the primary key among them, or -1. */
  readonly keyIndex: number
  /** Shape id, or -1 until a document ends here. */
  id = -1
  /** Recently used children as a short list, which is faster to search than a map. */
  recent: ShapeNode | null = null
  /** The next one in its parent's list. */
  sibling: ShapeNode | null = null
  children: Map<string, ShapeNode> | null = null

  constructor(parent: ShapeNode | null, name: string, isKey: boolean, vector: VectorField | null) {
    this.vector = vector
    this.parent = parent
    this.name = name
    this.fields = parent === null ? 0 : parent.fields + 1
    this.keyIndex = parent === null ? -1 : isKey && parent.keyIndex < 0 ? parent.fields : parent.keyIndex
  }

  /** Puts a child that is not in the list first. */
  remember(child: ShapeNode): void {
    child.sibling = this.recent
    this.recent = child
    let last = child
    for (let i = 1; i < RECENT_MAX && last.sibling !== null; i++) last = last.sibling
    last.sibling = null
  }
}

/**
 * Beyond these limits an object keeps its names in the record: field names are then data (a map from user to score,
 * say), and every object would leave a shape behind for ever.
 */
const SHAPES_MAX = 16_384
const NODES_MAX = 131_072
const CHILDREN_MAX = 512
const FIELDS_MAX = 256
const NAME_UNITS_MAX = 1_024

/** The shapes of one collection, shared by its partitions. */
export class CollectionShapes {
  readonly root = new ShapeNode(null, '', false, null)
  readonly primaryKey: string
  /** Whether any vector field is declared. */
  readonly hasVectors: boolean
  /** Names by shape id. */
  readonly names: (readonly string[] | undefined)[] = []
  /** Throws for a document that could be stored but must not be. */
  readonly check: ((document: object) => void) | undefined
  private readonly positions: (Map<string, number> | undefined)[] = []
  private readonly vectors: Map<string, VectorField>
  private transactions = 0
  private nodes = 0

  constructor(primaryKey: string, vectors: readonly VectorField[] = [], check?: (document: object) => void) {
    this.primaryKey = primaryKey
    this.check = check
    this.vectors = new Map(vectors.map((vector) => [vector.name, vector]))
    this.hasVectors = vectors.length > 0
  }

  /** The declared vector fields, in the order of their numbers. */
  get vectorFields(): readonly VectorField[] {
    return [...this.vectors.values()]
  }

  vectorOf(name: string): VectorField | undefined {
    return this.vectors.get(name)
  }

  /** A number that no transaction of this collection has had. */
  nextTransaction(): number {
    return ++this.transactions
  }

  /** Notes a transaction read from a log. */
  sawTransaction(id: number): void {
    if (id > this.transactions) this.transactions = id
  }

  /** The child of `node` for `name`, which is not in its list; null when there are too many shapes for another. */
  step(node: ShapeNode, name: string): ShapeNode | null {
    let child = node.children?.get(name)
    if (child === undefined) {
      if (name.length > NAME_UNITS_MAX) return null
      if (this.names.length >= SHAPES_MAX || this.nodes >= NODES_MAX || node.fields >= FIELDS_MAX) return null
      if (node.children !== null && node.children.size >= CHILDREN_MAX) return null
      child = this.grow(node, name)
    }
    node.remember(child)
    return child
  }

  private grow(node: ShapeNode, name: string): ShapeNode {
    const child = new ShapeNode(node, name, name === this.primaryKey, this.vectors.get(name) ?? null)
    node.children ??= new Map()
    node.children.set(name, child)
    this.nodes++
    return child
  }

  /** The id of the shape that ends at `node`; -1 when there are too many. */
  idOf(node: ShapeNode): number {
    if (node.id >= 0) return node.id
    if (this.names.length >= SHAPES_MAX) return -1
    const names: string[] = []
    for (let at = node; at.parent !== null; at = at.parent) names.push(at.name)
    // Never an id without names, which the next shape would get as well.
    node.id = this.names.push(names.reverse()) - 1
    return node.id
  }

  /** Adds a shape read from a log or a snapshot. A crashed writer may leave gaps in the ids. */
  restore(id: number, names: readonly string[]): void {
    if (this.names[id] !== undefined) return
    let node = this.root
    for (const name of names) {
      let child = node.children?.get(name)
      if (child === undefined) {
        child = this.grow(node, name)
      }
      node = child
    }
    while (this.names.length < id) this.names.push(undefined)
    this.names[id] = names
    if (node.id < 0) node.id = id
  }

  /** Position of a field in a shape, or -1. */
  indexOf(id: number, name: string): number {
    let positions = this.positions[id]
    if (positions === undefined) {
      positions = new Map((this.names[id] ?? []).map((field, index) => [field, index]))
      this.positions[id] = positions
    }
    return positions.get(name) ?? -1
  }
}
