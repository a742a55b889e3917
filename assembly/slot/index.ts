export {
  slotAcquire, slotAddress, slotLogUnits, slotRelease, slotsCreate, slotSetAddress, slotSetLogUnits, slotsReach,
} from "./table";
