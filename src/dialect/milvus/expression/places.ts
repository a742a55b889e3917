// st_ functions: relations of a geometry field to a geometry, on the plane. Evaluated in JavaScript, after the
// conditions that the core can check.

import type { FilterNode } from '../../../query/index.ts'
import { isRelated, isRelation, isValid, isWithinDistance, type Shape, shapeOf } from '../geometry/index.ts'
import type { Compiler } from './compile.ts'
import { nameOf } from './operand.ts'
import type { Syntax } from './parse.ts'
import { ExpressionError } from './tokens.ts'

type Call = Extract<Syntax, { kind: 'call' }>

/** Compiles a call of an st_ function; undefined if there is none of this name. */
export function placesNode(compiler: Compiler, call: Call): FilterNode | undefined {
  const name = call.name.toLowerCase()
  const count = isRelation(name) ? 2 : name === 'st_dwithin' ? 3 : name === 'st_isvalid' ? 1 : 0
  // Names are all lower or all upper case.
  if (count === 0 || (call.name !== name && call.name !== call.name.toUpperCase())) return undefined
  if (call.args.length !== count) {
    throw new ExpressionError(`${call.name} takes ${count} arguments, got ${call.args.length}`, call.at)
  }
  const target = compiler.path(call.args[0]!)
  if (target.type !== 'geometry') {
    throw new ExpressionError(
      `${call.name} operation are only supported on geometry fields now, got: ${nameOf(target)}`,
      call.args[0]!.at,
    )
  }
  const holds = testOf(compiler, call, name)
  return {
    kind: 'test',
    operand: target.operand,
    test: (value) => {
      const shape = typeof value === 'string' ? shapeOf(value) : undefined
      return shape !== undefined && holds(shape)
    },
    absent: 'unknown',
    isNullAbsent: true,
  }
}

function testOf(compiler: Compiler, { args }: Call, name: string): (shape: Shape) => boolean {
  if (name === 'st_isvalid') return isValid
  const given = shapeFor(compiler, args[1]!)
  if (name !== 'st_dwithin') return (shape) => isRelated(name, shape, given)
  const metres = compiler.value(args[2]!).constant
  if (!(typeof metres === 'number' && metres >= 0)) {
    throw new ExpressionError('the distance of st_dwithin is a number of metres from 0 on', args[2]!.at)
  }
  return (shape) => isWithinDistance(shape, given, metres)
}

function shapeFor(compiler: Compiler, syntax: Syntax): Shape {
  const text = compiler.value(syntax).constant
  const shape = typeof text === 'string' ? shapeOf(text) : undefined
  if (shape !== undefined) return shape
  throw new ExpressionError(`${JSON.stringify(text)} is not a geometry in well-known text`, syntax.at)
}
