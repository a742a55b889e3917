import { S_STAGE_BYTES } from "../abi";
import { utf8MayHoldSurrogates } from "./bytes";
import { shapeDefine } from "./shape";

/** Adds a shape; its names are in the staged bytes, each `bytes u32, UTF-8, padding to 4`. */
export function record_shape(id: u32, fields: u32): i32 {
  return shapeDefine(id, fields, <usize>load<u32>(S_STAGE_BYTES), 0);
}

/** Whether encoded text may contain what was a surrogate. */
export function record_surrogates(address: usize, bytes: usize): bool {
  return utf8MayHoldSurrogates(address, bytes);
}
