// What rows contain.

import type { Anything } from './status.ts'

/** Primary keys of rows: one, or a list. */
export type IdList = readonly (string | number | bigint)[]
export type Ids = string | number | bigint | IdList
export type FloatVector = number[]
export type Float16Vector = number[] | Uint8Array
export type BFloat16Vector = number[] | Uint8Array
export type BinaryVector = number[]
export type SparseVectorArray = (number | undefined)[]
export type SparseVectorDic = { [key: string]: number }
export type SparseVectorCSR = { indices: number[]; values: number[] }
export type SparseVectorCOO = { index: number; value: number }[]
export type SparseFloatVector = SparseVectorArray | SparseVectorDic | SparseVectorCSR | SparseVectorCOO
export type Int8Vector = number[] | Int8Array
export type VectorTypes =
  | FloatVector
  | Float16Vector
  | BinaryVector
  | BFloat16Vector
  | SparseFloatVector
  | Int8Vector
  | Float32Array

export type Bool = boolean
export type Int8 = number
export type Int16 = number
export type Int32 = number
export type Int64 = number
export type Float = number
export type Double = number
export type VarChar = string
export type JSON = { [key: string]: Anything }
export type Geometry = string
export type Timestamptz = string
export type Struct = {
  [key: string]: Bool | Int64 | Double | VarChar | JSON | VectorTypes
}
type ArrayValue = number[] | string[] | boolean[] | bigint[] | Struct[]

export type { ArrayValue as Array }

export type FieldData = Bool | Int64 | bigint | VarChar | JSON | ArrayValue | VectorTypes | null | undefined

export interface RowData {
  [field: string]: FieldData
}
