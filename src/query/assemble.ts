// Compiles a normalized tree to instructions of the machine. Boolean logic becomes jumps: every test names where to go
// when it holds and when it does not, always forwards, so that a program always ends.

import { LimitError } from '../error/index.ts'
import { likeForm } from './like.ts'
import type { NormalNode } from './normalize.ts'
import {
  ABSENT_ELSE,
  ABSENT_FAIL,
  ABSENT_SHIFT,
  ABSENT_THEN,
  ARITHMETIC_ADD,
  ARITHMETIC_DIVIDE,
  ARITHMETIC_MULTIPLY,
  ARITHMETIC_REMAINDER,
  ARITHMETIC_SUBTRACT,
  FLAG_ALL,
  FLAG_NULL_ABSENT,
  FLAG_TEXT_TOO,
  OP_ARITHMETIC,
  OP_COMPARE,
  OP_COMPARE_TWO,
  OP_CONTAINS,
  OP_ENDS_WITH,
  OP_EXISTS,
  OP_FIRST,
  OP_HAS_TEXT,
  OP_IN,
  OP_LIKE,
  OP_NEGATE,
  OP_NUMBER,
  OP_PUSH_CONSTANT,
  OP_PUSH_PATH,
  OP_RETURN,
  OP_SIZE,
  OP_STARTS_WITH,
  OP_TYPE,
  OUTCOMES_SHIFT,
  PATH_STACK,
  STACK_MAX,
} from './opcode.ts'
import { ACCEPTED, typeOf } from './order.ts'
import type {
  CompareNode,
  CompareOperator,
  Constant,
  ContainsNode,
  LeafNode,
  LeafRules,
  Operand,
  PathStep,
  TextNode,
  TypeName,
} from './tree.ts'

export interface Assembled {
  readonly code: Uint32Array
  readonly paths: readonly (readonly PathStep[])[]
  readonly constants: readonly Constant[]
}

/** Maximum number of words of a program. */
const CODE_WORDS_MAX = 4_000_000

/** Tags of docs/format.md as bits. */
const TAGS: Readonly<Record<TypeName, number>> = {
  null: 1 << 1,
  boolean: (1 << 2) | (1 << 3),
  number: (1 << 4) | (1 << 5),
  bigint: 1 << 6,
  date: 1 << 7,
  string: (1 << 8) | (1 << 9),
  binary: 1 << 10,
  array: 1 << 11,
  object: 1 << 12,
}

const ARITHMETIC = {
  add: ARITHMETIC_ADD,
  subtract: ARITHMETIC_SUBTRACT,
  multiply: ARITHMETIC_MULTIPLY,
  divide: ARITHMETIC_DIVIDE,
  remainder: ARITHMETIC_REMAINDER,
}

const SWAPPED: Readonly<Record<CompareOperator, CompareOperator>> = {
  eq: 'eq',
  ne: 'ne',
  lt: 'gt',
  le: 'ge',
  gt: 'lt',
  ge: 'le',
}

/** A position in the code, known or not yet. */
class Label {
  at = -1
  /** Words to be patched with the position. */
  readonly uses: number[] = []
}

export function assemble(node: NormalNode): Assembled {
  return new Assembler().assemble(node)
}

class Assembler {
  private readonly words: number[] = []
  private readonly paths: (readonly PathStep[])[] = []
  private readonly pathNumbers = new Map<string, number>()
  private readonly constants: Constant[] = []
  private stack = 0

  assemble(node: NormalNode): Assembled {
    const yes = new Label()
    const no = new Label()
    this.node(node, yes, no)
    // A constant does not jump: the answer that it leads to is placed first.
    const isNever = node.kind === 'constant' && !node.value
    for (const label of isNever ? [no, yes] : [yes, no]) {
      this.place(label)
      this.words.push(OP_RETURN | (label === yes ? 1 << 8 : 0))
    }
    if (this.words.length > CODE_WORDS_MAX) {
      throw new LimitError(
        `the filter has too many conditions: ${this.words.length} words of code, ${CODE_WORDS_MAX} are the most`,
        {
          details: { limit: CODE_WORDS_MAX, got: this.words.length },
        },
      )
    }
    return { code: Uint32Array.from(this.words), paths: this.paths, constants: this.constants }
  }

  private place(label: Label): void {
    label.at = this.words.length
    for (const use of label.uses) this.words[use] = label.at
  }

  private target(label: Label): void {
    label.uses.push(this.words.length)
    this.words.push(0)
  }

  private node(node: NormalNode, yes: Label, no: Label): void {
    switch (node.kind) {
      case 'constant':
        // In a list, this is an existence test that is never evaluated, because absent and present lead to the same
        // place.
        if (this.words.length > 0 || yes.uses.length > 0 || no.uses.length > 0) this.always(node.value ? yes : no)
        return
      case 'leaf':
        if (node.isNegated) this.leaf(node.leaf, no, yes, true)
        else this.leaf(node.leaf, yes, no, false)
        return
      default:
        node.of.forEach((part, index) => {
          if (index === node.of.length - 1) {
            this.node(part, yes, no)
            return
          }
          const next = new Label()
          if (node.kind === 'and') this.node(part, next, no)
          else this.node(part, yes, next)
          this.place(next)
        })
    }
  }

  private always(label: Label): void {
    this.words.push(OP_EXISTS)
    this.target(label)
    this.target(label)
    this.words.push(this.pathNumber([{ name: '', index: null }]))
  }

  private pathNumber(steps: readonly PathStep[]): number {
    const key = JSON.stringify(steps.map(({ name, index }) => [name, index]))
    let number = this.pathNumbers.get(key)
    if (number === undefined) {
      number = this.paths.length
      this.paths.push(steps)
      this.pathNumbers.set(key, number)
    }
    return number
  }

  private constant(value: Constant): number {
    this.constants.push(value)
    return this.constants.length - 1
  }

  // --- leaves

  /**
   * `yes` and `no` are where to go if the leaf itself holds or not; with `isNegated`, the code continues at `no`.
   *
   * Unknown counts as no match in a normalized tree: it goes where a negated leaf would hold and a plain one would not.
   */
  private leaf(leaf: LeafNode, yes: Label, no: Label, isNegated: boolean): void {
    const unknown = isNegated ? ABSENT_THEN : ABSENT_ELSE
    switch (leaf.kind) {
      case 'compare':
        this.compare(leaf, yes, no, unknown)
        return
      case 'exists':
        this.test(OP_EXISTS | (leaf.isNullAbsent ? FLAG_NULL_ABSENT : 0), yes, no, leaf.operand)
        return
      case 'in':
        this.test(OP_IN | rules(leaf, ABSENT_ELSE, unknown), yes, no, leaf.operand)
        this.words.push(this.constant(leaf.values))
        return
      case 'type':
        this.test(OP_TYPE | rules(leaf, ABSENT_ELSE, unknown), yes, no, leaf.operand)
        this.words.push(leaf.types.reduce((bits, type) => bits | TAGS[type], 0))
        return
      case 'text':
        this.text(leaf, yes, no, rules(leaf, ABSENT_ELSE, unknown))
        return
      case 'contains':
        this.contains(leaf, yes, no, rules(leaf, ABSENT_ELSE, unknown))
        return
      default:
        throw new Error('quiverdb query: a regular expression reached the assembler')
    }
  }

  /** Emits the head, the two targets, and the operand: a path, or a value pushed before. */
  private test(head: number, yes: Label, no: Label, operand: Operand): void {
    const path = operand.kind === 'path' ? this.pathNumber(operand.steps) : PATH_STACK
    if (path === PATH_STACK) this.push(operand)
    this.stack = 0
    this.words.push(head)
    this.target(yes)
    this.target(no)
    this.words.push(path)
  }

  private compare(node: CompareNode, yes: Label, no: Label, unknown: number): void {
    const { left, right } = node.left.kind === 'constant' ? { left: node.right, right: node.left } : node
    const operator = node.left.kind === 'constant' ? SWAPPED[node.operator] : node.operator
    const unequal = operator === 'ne' ? ABSENT_THEN : ABSENT_ELSE
    const head = rules(node, unequal, unknown) | (ACCEPTED[operator] << OUTCOMES_SHIFT)
    // A null constant that counts as absent cannot be compared with: the general form examines both sides.
    if (right.kind !== 'constant' || (right.value === null && node.isNullAbsent)) {
      this.push(left)
      this.push(right)
      this.stack = 0
      this.words.push(OP_COMPARE_TWO | head)
      this.target(yes)
      this.target(no)
      return
    }
    const number = asDouble(right.value)
    if (number !== undefined) {
      this.test(OP_NUMBER | head, yes, no, left)
      this.double(number)
    } else {
      this.test(OP_COMPARE | head, yes, no, left)
      this.words.push(this.constant(right.value))
    }
  }

  private double(value: number): void {
    const bits = new Uint32Array(Float64Array.of(value).buffer)
    this.words.push(bits[0]!, bits[1]!)
  }

  private text(leaf: TextNode, yes: Label, no: Label, head: number): void {
    const form = leaf.operator === 'like' ? likeForm(leaf.text) : ({ kind: leaf.operator, text: leaf.text } as const)
    switch (form.kind) {
      case 'equals':
        this.test(OP_COMPARE | head | (ACCEPTED.eq << OUTCOMES_SHIFT), yes, no, leaf.operand)
        break
      case 'startsWith':
        this.test(OP_STARTS_WITH | head, yes, no, leaf.operand)
        break
      case 'endsWith':
        this.test(OP_ENDS_WITH | head, yes, no, leaf.operand)
        break
      case 'contains':
        this.test(OP_HAS_TEXT | head, yes, no, leaf.operand)
        break
      default:
        this.test(OP_LIKE | head, yes, no, leaf.operand)
    }
    this.words.push(this.constant(form.kind === 'like' ? leaf.text : form.text))
  }

  private contains(leaf: ContainsNode, yes: Label, no: Label, rule: number): void {
    const head = OP_CONTAINS | rule | (leaf.need === 'all' ? FLAG_ALL : 0) | (leaf.isTextToo ? FLAG_TEXT_TOO : 0)
    this.test(head, yes, no, leaf.operand)
    this.words.push(this.constant(leaf.values))
  }

  // --- operands

  private push(operand: Operand): void {
    switch (operand.kind) {
      case 'constant':
        this.grow()
        this.words.push(OP_PUSH_CONSTANT, this.constant(operand.value))
        return
      case 'path':
        this.grow()
        this.words.push(OP_PUSH_PATH, this.pathNumber(operand.steps))
        return
      case 'negate':
        this.push(operand.of)
        this.words.push(OP_NEGATE)
        return
      case 'size':
        this.push(operand.of)
        this.words.push(OP_SIZE)
        return
      case 'first':
        this.push(operand.of)
        this.push(operand.otherwise)
        this.words.push(OP_FIRST | (operand.isNullAbsent ? FLAG_NULL_ABSENT : 0))
        break
      default: {
        this.push(operand.left)
        this.push(operand.right)
        const flags = operand.isZeroDivisorAbsent ? FLAG_ALL : 0
        this.words.push(OP_ARITHMETIC | flags | (ARITHMETIC[operand.operator] << OUTCOMES_SHIFT))
      }
    }
    this.stack--
  }

  private grow(): void {
    if (++this.stack <= STACK_MAX) return
    throw new LimitError(
      `the filter's arithmetic is nested too deep: it needs more than ${STACK_MAX} values at a time`,
      {
        details: { limit: STACK_MAX },
      },
    )
  }
}

function rules(leaf: LeafRules, unequal: number, unknown: number): number {
  const absent = leaf.absent === 'fail' ? ABSENT_FAIL : leaf.absent === 'unknown' ? unknown : unequal
  return (absent << ABSENT_SHIFT) | (leaf.isNullAbsent ? FLAG_NULL_ABSENT : 0)
}

/** The value of a constant that a double represents exactly. */
function asDouble(value: Constant): number | undefined {
  if (typeof value === 'number') return value
  if (typeOf(value) !== 'bigint') return undefined
  const double = Number(value)
  return BigInt(double) === value ? double : undefined
}
