// Arithmetic of the filter tree. Integers are exact within 64 bits; results beyond that, and fractions, use double
// arithmetic. So a zero result of integers is 0, never -0: -6 % 3, 0 * -1. assembly/filter/arithmetic.ts does the same.

import type { ArithmeticOperator } from './tree.ts'

export type { ArithmeticOperator }

type Amount = number | bigint

const LIMIT = 2 ** 63

function asInteger(amount: Amount): bigint | undefined {
  if (typeof amount === 'bigint') return amount
  return Number.isInteger(amount) && amount < LIMIT && amount >= -LIMIT ? BigInt(amount) : undefined
}

function isLong(amount: bigint): boolean {
  return BigInt.asIntN(64, amount) === amount
}

export function calculate(operator: ArithmeticOperator, left: Amount, right: Amount): Amount {
  const a = asInteger(left)
  const b = asInteger(right)
  if (a !== undefined && b !== undefined) {
    const exact = calculateIntegers(operator, a, b)
    if (exact !== undefined && isLong(exact)) return exact
  }
  const x = Number(left)
  const y = Number(right)
  switch (operator) {
    case 'add':
      return x + y
    case 'subtract':
      return x - y
    case 'multiply':
      return x * y
    case 'divide':
      return x / y
    default:
      return x % y
  }
}

function calculateIntegers(operator: ArithmeticOperator, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case 'add':
      return a + b
    case 'subtract':
      return a - b
    case 'multiply':
      return a * b
    case 'divide':
      return b !== 0n && a % b === 0n ? a / b : undefined
    default:
      return b !== 0n ? a % b : undefined
  }
}

export function negate(amount: Amount): Amount {
  const integer = asInteger(amount)
  return integer !== undefined && isLong(-integer) ? -integer : -Number(amount)
}
