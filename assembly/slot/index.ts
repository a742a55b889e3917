export {
  slotAcquire, slotAddress, slotLogUnits, slotRelease, slotSet, slotsCreate, slotSetAddress, slotSetLogUnits, slotsMark, slotsReach,
} from "./table";
