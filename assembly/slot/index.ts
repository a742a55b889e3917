export {
  slotAcquire, slotAddress, slotLogUnits, slotRelease, slotsCreate, slotSetAddress, slotSetLogUnits, slotsMark, slotsReach,
} from "./table";
