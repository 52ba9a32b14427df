"""What the application needs of a board. A board is any object with these attributes.

``inputs``        dict: name -> pin with ``value()`` (0 or 1) and ``irq(callback)``; the callback
                  takes the pin and may run between any two bytecodes
``loops``         dict: name -> supervised loop with ``read()``: its share of the supply, 0 to 1000
                  thousandths, in well under a ms
``woken_by``      name of the input that woke the chip from sleep, or None
``edge_flag()``   makes a flag with ``set()``, safe in such a callback, and ``await wait()``, which
                  clears it: ThreadSafeFlag where interrupts are real
``lamp``          ``show(name, on)``: the answer now shown, and whether it is lit at this moment
``sounder``       ``show(name, on)``, the same for the ear
``flash``         raw partition for events, block protocol of MicroPython (see ``spool``)
``state``         raw partition for what the device must remember (see ``store``)
``clock``         ``monotonic_ms()`` and ``wall_ms()`` (Unix ms or None), see ``clock.Clock``
``reset_cause``   one of ``callpoint_protocol.names.CAUSES``
``unique_id``     bytes that no other board has
``supply_mv()``   millivolts of the supply, or None if the board cannot measure it
``images``        the two places of the firmware (see ``update``), or None
``rssi()``        received signal strength in dBm, or None
``watchdog(ms)``  starts the watchdog and returns it: ``feed()``, or the board restarts after ms
``dns()``         (address, port) of a DNS server, or None where name resolution does not block
``tasks(application)`` (name, coroutine) of what the board itself must run: Wi-Fi, time
``can_sleep``     whether ``sleep`` can wake by a contact
``sleep(names, ms)`` deep sleep until one of these inputs moves or the time is over; returns only
                  if an input has moved since it was last read
``provisioning``  (port, wifi, name of the chip) for Improv (see ``improv``), or None
``raised(event)`` is told of each event after it is stored
``reset()``       starts the board anew; does not return
"""

import os


def random_u16():
    """A random number for the generation of a new spool."""
    return int.from_bytes(os.urandom(2), "little")
