import h5py


def spoil_chunk(path, place):
    """Flip the bits of one byte in the first chunk of an array of an HDF5 file."""
    with h5py.File(path) as file:
        chunk = file[place].id.get_chunk_info(0)
    content = bytearray(path.read_bytes())
    content[chunk.byte_offset + chunk.size // 2] ^= 0xFF
    path.write_bytes(content)
