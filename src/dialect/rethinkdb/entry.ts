// `r` as it is imported: `import r` and `import { r }` also name the driver's types (`r.Connection`), which is how
// TypeScript sees a driver without a default export of its own.

import { r as terms } from './r.ts'
import type {
  Aggregator,
  ArrayResult,
  Binary,
  BooleanMap,
  Change,
  ChangesOptions,
  CircleOptions,
  Connection,
  ConnectionOptions,
  ConnectOptions,
  CreateResult,
  Cursor,
  Db,
  DistanceOptions,
  DropResult,
  Expression,
  ExpressionFunction,
  Feed,
  FeedOptions,
  Geometry,
  GetTableOptions,
  Index,
  IndexFunction,
  InsertOptions,
  JoinFunction,
  JoinResult,
  NoReplyWait,
  Operation,
  OperationOptions,
  Point,
  Polygon,
  R,
  ReduceFunction,
  ReqlDriverError,
  ReqlError,
  ReqlType,
  Row,
  RunOptions,
  Selection,
  Sequence,
  ServerResult,
  SingleSelection,
  Sort,
  Stream,
  Table,
  TableOptions,
  Term,
  Time,
  UpdateOptions,
  Value,
  WaitOptions,
  WaitResult,
  Writeable,
  WriteOptions,
  WriteResult,
} from './type-names.ts'
import type { Any } from './types.ts'

/** The entry to everything: `r.connect()`, `r.table('posts')`, `r.expr(5)`; `r(x)` is `r.expr(x)`. */
export const r = terms

// A detour: in a single declaration file, as in the package, `type Connection = Connection` would refer to itself.
interface Named {
  Aggregator: Aggregator
  Binary: Binary
  BooleanMap: BooleanMap
  ChangesOptions: ChangesOptions
  CircleOptions: CircleOptions
  Connection: Connection
  ConnectionOptions: ConnectionOptions
  ConnectOptions: ConnectOptions
  CreateResult: CreateResult
  Db: Db
  DistanceOptions: DistanceOptions
  DropResult: DropResult
  FeedOptions: FeedOptions
  Geometry: Geometry
  GetTableOptions: GetTableOptions
  Index: Index
  JoinResult: JoinResult
  NoReplyWait: NoReplyWait
  OperationOptions: OperationOptions
  Point: Point
  Polygon: Polygon
  R: R
  ReqlDriverError: ReqlDriverError
  ReqlError: ReqlError
  ReqlType: ReqlType
  Row: Row
  RunOptions: RunOptions
  ServerResult: ServerResult
  Sort: Sort
  TableOptions: TableOptions
  Time: Time
  UpdateOptions: UpdateOptions
  WaitOptions: WaitOptions
  WaitResult: WaitResult
  Writeable: Writeable
  WriteOptions: WriteOptions
}
type TheArrayResult<T> = ArrayResult<T>
type TheChange<T> = Change<T>
type TheCursor<T = Any> = Cursor<T>
type TheExpression<T> = Expression<T>
type TheExpressionFunction<U> = ExpressionFunction<U>
type TheFeed<T = Any> = Feed<T>
type TheIndexFunction<U> = IndexFunction<U>
type TheInsertOptions<T = Any> = InsertOptions<T>
type TheJoinFunction<U> = JoinFunction<U>
type TheOperation<T> = Operation<T>
type TheReduceFunction<U> = ReduceFunction<U>
type TheSelection<T> = Selection<T>
type TheSequence<T = Any> = Sequence<T>
type TheSingleSelection<T> = SingleSelection<T>
type TheStream<T> = Stream<T>
type TheTable<T extends object = Any> = Table<T>
type TheTerm<T = Any> = Term<T>
type TheValue<T> = Value<T>
type TheWriteResult<T = Any> = WriteResult<T>

export declare namespace r {
  export type Aggregator = Named['Aggregator']
  export type Binary = Named['Binary']
  export type BooleanMap = Named['BooleanMap']
  export type ChangesOptions = Named['ChangesOptions']
  export type CircleOptions = Named['CircleOptions']
  export type Connection = Named['Connection']
  export type ConnectionOptions = Named['ConnectionOptions']
  export type ConnectOptions = Named['ConnectOptions']
  export type CreateResult = Named['CreateResult']
  export type Db = Named['Db']
  export type DistanceOptions = Named['DistanceOptions']
  export type DropResult = Named['DropResult']
  export type FeedOptions = Named['FeedOptions']
  export type Geometry = Named['Geometry']
  export type GetTableOptions = Named['GetTableOptions']
  export type Index = Named['Index']
  export type JoinResult = Named['JoinResult']
  export type NoReplyWait = Named['NoReplyWait']
  export type OperationOptions = Named['OperationOptions']
  export type Point = Named['Point']
  export type Polygon = Named['Polygon']
  export type R = Named['R']
  export type ReqlDriverError = Named['ReqlDriverError']
  export type ReqlError = Named['ReqlError']
  export type ReqlType = Named['ReqlType']
  export type Row = Named['Row']
  export type RunOptions = Named['RunOptions']
  export type ServerResult = Named['ServerResult']
  export type Sort = Named['Sort']
  export type TableOptions = Named['TableOptions']
  export type Time = Named['Time']
  export type UpdateOptions = Named['UpdateOptions']
  export type WaitOptions = Named['WaitOptions']
  export type WaitResult = Named['WaitResult']
  export type Writeable = Named['Writeable']
  export type WriteOptions = Named['WriteOptions']
  export type ArrayResult<T> = TheArrayResult<T>
  export type Change<T> = TheChange<T>
  export type Cursor<T = Any> = TheCursor<T>
  export type Expression<T> = TheExpression<T>
  export type ExpressionFunction<U> = TheExpressionFunction<U>
  export type Feed<T = Any> = TheFeed<T>
  export type IndexFunction<U> = TheIndexFunction<U>
  export type InsertOptions<T = Any> = TheInsertOptions<T>
  export type JoinFunction<U> = TheJoinFunction<U>
  export type Operation<T> = TheOperation<T>
  export type ReduceFunction<U> = TheReduceFunction<U>
  export type Selection<T> = TheSelection<T>
  export type Sequence<T = Any> = TheSequence<T>
  export type SingleSelection<T> = TheSingleSelection<T>
  export type Stream<T> = TheStream<T>
  export type Table<T extends object = Any> = TheTable<T>
  export type Term<T = Any> = TheTerm<T>
  export type Value<T> = TheValue<T>
  export type WriteResult<T = Any> = TheWriteResult<T>
}
