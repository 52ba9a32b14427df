"""The time series: numbers about places and devices. Facts about alarms stay in the journal."""
